package sms

import (
	"strings"
	"testing"

	"policypush/internal/channel"
)

// TestCodesMeanWhatTheProvidersSay lists every code in each provider's documents
// by what becomes of the message, and whether that holds for every message. Each
// row of a table is there for one of them.
func TestCodesMeanWhatTheProvidersSay(t *testing.T) {
	type group struct {
		class channel.Class
		whole bool
		dead  bool
		codes string
	}
	const one, all = false, true // the message, every message
	for name, tt := range map[string]struct {
		table  codes
		groups []group
	}{
		"阿里云": {aliyunCodes, []group{
			{channel.Accepted, one, false, "OK"},
			{channel.Throttled, one, false, "isv.BUSINESS_LIMIT_CONTROL"}, // this number too often
			{channel.Throttled, all, false, "Throttling Throttling.User Throttling.Api"},
			{channel.Quota, all, false, "isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE isp.OUT_OF_SERVICE isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL"},
			{channel.Permanent, one, true, "isv.MOBILE_NUMBER_ILLEGAL"},
			{channel.Permanent, one, false, `isv.BLACK_KEY_CONTROL_LIMIT isv.MOBILE_IN_BLACK isv.PARAM_LENGTH_LIMIT isv.PARAM_NOT_SUPPORT_URL
				isv.TEMPLATE_PARAMS_ILLEGAL isv.MOBILE_COUNT_OVER_LIMIT isv.CUSTOMER_REFUSED isv.SMS_CONTENT_ILLEGAL`},
			{channel.Config, one, false, `isv.SMS_SIGNATURE_ILLEGAL isv.SMS_SIGN_ILLEGAL isv.SMS_SIGNATURE_SCENE_ILLEGAL isv.SMS_TEMPLATE_ILLEGAL
				isv.TEMPLATE_MISSING_PARAMETERS isv.EXTEND_CODE_ERROR isv.DOMESTIC_NUMBER_NOT_SUPPORTED isv.INVALID_PARAMETERS isv.INVALID_JSON_PARAM`},
			{channel.Config, all, false, `isv.DENY_IP_RANGE isv.ACCOUNT_NOT_EXISTS isv.ACCOUNT_ABNORMAL isv.PRODUCT_UN_SUBSCRIPT isv.PRODUCT_UNSUBSCRIBE
				isp.RAM_PERMISSION_DENY SignatureDoesNotMatch InvalidAccessKeyId.NotFound InvalidTimeStamp.Expired InvalidContentSha256
				Forbidden.RAM NoPermission InvalidVersion InvalidAction.NotFound isv.UNSUPPORTED_CONTENT_TYPE`},
			{channel.Retry, one, false, "SignatureNonceUsed ServiceUnavailable isp.SYSTEM_ERROR isv.NEVER_SEEN"},
			{channel.Unknown, one, false, "isp.GATEWAY_ERROR InternalError"},
		}},
		"腾讯云": {tencentCodes, []group{
			{channel.Accepted, one, false, "Ok"},
			{channel.Throttled, all, false, `RequestLimitExceeded RequestLimitExceeded.IPLimitExceeded LimitExceeded.DeliveryFrequencyLimit
				LimitExceeded.PhoneNumberCountLimit FailedOperation.MarketingSendTimeConstraint`},
			{channel.Throttled, one, false, `LimitExceeded.PhoneNumberThirtySecondLimit LimitExceeded.PhoneNumberOneHourLimit
				LimitExceeded.PhoneNumberDailyLimit LimitExceeded.PhoneNumberSameContentDailyLimit`},
			{channel.Quota, all, false, `LimitExceeded.AppDailyLimit LimitExceeded.AppMainlandChinaDailyLimit LimitExceeded.DailyLimit
				FailedOperation.InsufficientBalanceInSmsPackage UnauthorizedOperation.ServiceSuspendDueToArrears`},
			{channel.Permanent, one, true, "InvalidParameterValue.IncorrectPhoneNumber FailedOperation.PhoneNumberParseFail"},
			{channel.Permanent, one, false, `FailedOperation.PhoneNumberInBlacklist FailedOperation.PhoneNumberOnBlacklist InvalidParameterValue.ContentLengthLimit
				InvalidParameterValue.TemplateParameterLengthLimit InvalidParameterValue.ProhibitedUseUrlInTemplateParameter
				FailedOperation.ContainSensitiveWord InvalidParameterValue.TemplateParameterFormatError FailedOperation.FailResolvePacket`},
			{channel.Config, one, false, `FailedOperation.SignatureIncorrectOrUnapproved FailedOperation.TemplateIncorrectOrUnapproved
				FailedOperation.TemplateParamSetNotMatchApprovedTemplate FailedOperation.TemplateUnapprovedOrNotExist
				FailedOperation.MissingTemplateToModify FailedOperation.JsonParseFail InvalidParameterValue.ImageInvalid InvalidParameter
				MissingParameter.EmptyPhoneNumberSet UnknownParameter`},
			{channel.Config, all, false, `InvalidParameterValue.SdkAppIdNotExist AuthFailure.SecretIdNotFound AuthFailure.SignatureFailure
				UnauthorizedOperation.RequestIpNotInWhitelist UnauthorizedOperation.SmsSdkAppIdVerifyFail UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber
				UnsupportedRegion InvalidAction NoSuchVersion InternalError.SigFieldMissing InternalError.SigVerificationFail InternalError.RequestTimeException`},
			{channel.Retry, one, false, "FailedOperation.OtherError ResourceUnavailable Never.Seen"},
			{channel.Unknown, one, false, "InternalError.Timeout InternalError.OtherError"},
		}},
		"云MAS": {masCodes, []group{
			{channel.Accepted, one, false, "success"},
			{channel.Permanent, one, true, "InvalidMobile MobilesBlank"},
			{channel.Config, all, false, "IllegalMac IllegalSignId NoSignId InvalidUsrOrPwd InvalidMessage TooManyMobiles IllegalIp NOT_WHITE_IP"},
			{channel.Config, one, false, "IllegalTemplate"},
			{channel.Retry, one, false, "NeverSeen"},
		}},
		"CMPP": {cmppCodes, []group{
			{channel.Accepted, one, false, "0"},
			{channel.Config, one, false, "1"},              // structure
			{channel.Config, all, false, "2 5 7 10 11 12"}, // command, fee, service, Src_Id, Msg_src, Fee_terminal_Id
			{channel.Retry, one, false, "3"},               // a sequence used twice
			{channel.Throttled, all, false, "8"},           // flow
			{channel.Permanent, one, false, "4 6 9 14 77"}, // length, too long, not of this gateway, a gateway's own
			{channel.Permanent, one, true, "13"},           // number
		}},
	} {
		used := map[string]bool{}
		for _, g := range tt.groups {
			for code := range strings.FieldsSeq(g.codes) {
				used[tt.table.row(code)] = true
				r, whole := tt.table.result(code, "x")
				if r.Class != g.class || whole != g.whole || r.BadAddress != g.dead || r.Code != code || (r.Class == channel.Throttled) != (r.After > 0) {
					t.Errorf("%s %s: %+v, of every message: %v", name, code, r, whole)
				}
			}
		}
		for row := range tt.table {
			if !used[row] {
				t.Errorf("%s: nothing here is for %s", name, row)
			}
		}
	}
}
