package sms

import (
	"testing"

	"policypush/internal/channel"
)

// TestCodesMeanWhatTheProvidersSay: what becomes of a message, and of the
// provider, by the codes in each provider's documents.
func TestCodesMeanWhatTheProvidersSay(t *testing.T) {
	const one, all = false, true // the message, every message
	for name, tt := range map[string]struct {
		of    codes
		code  string
		class channel.Class
		whole bool
		dead  bool
	}{
		"阿里云 taken":                   {aliyunCodes, "OK", channel.Accepted, one, false},
		"阿里云 this number too often":   {aliyunCodes, "isv.BUSINESS_LIMIT_CONTROL", channel.Throttled, one, false},
		"阿里云 too fast":                {aliyunCodes, "Throttling.User", channel.Throttled, all, false},
		"阿里云 no money":                {aliyunCodes, "isv.AMOUNT_NOT_ENOUGH", channel.Quota, all, false},
		"阿里云 the day is used up":      {aliyunCodes, "isv.DAY_LIMIT_CONTROL", channel.Quota, all, false},
		"阿里云 out of service":          {aliyunCodes, "isv.OUT_OF_SERVICE", channel.Quota, all, false},
		"阿里云 no number":               {aliyunCodes, "isv.MOBILE_NUMBER_ILLEGAL", channel.Permanent, one, true},
		"阿里云 blacklist":               {aliyunCodes, "isv.MOBILE_IN_BLACK", channel.Permanent, one, false},
		"阿里云 signature":               {aliyunCodes, "isv.SMS_SIGNATURE_ILLEGAL", channel.Config, one, false},
		"阿里云 template":                {aliyunCodes, "isv.SMS_TEMPLATE_ILLEGAL", channel.Config, one, false},
		"阿里云 key":                     {aliyunCodes, "SignatureDoesNotMatch", channel.Config, all, false},
		"阿里云 unheard of":              {aliyunCodes, "isv.NEVER_SEEN", channel.Retry, one, false},
		"腾讯云 taken":                   {tencentCodes, "Ok", channel.Accepted, one, false},
		"腾讯云 too fast":                {tencentCodes, "RequestLimitExceeded.IPLimitExceeded", channel.Throttled, all, false},
		"腾讯云 this number too often":   {tencentCodes, "LimitExceeded.PhoneNumberDailyLimit", channel.Throttled, one, false},
		"腾讯云 no money":                {tencentCodes, "FailedOperation.InsufficientBalanceInSmsPackage", channel.Quota, all, false},
		"腾讯云 the day is used up":      {tencentCodes, "LimitExceeded.AppDailyLimit", channel.Quota, all, false},
		"腾讯云 blacklist":               {tencentCodes, "FailedOperation.PhoneNumberInBlacklist", channel.Permanent, one, false},
		"腾讯云 no number":               {tencentCodes, "InvalidParameterValue.IncorrectPhoneNumber", channel.Permanent, one, true},
		"腾讯云 signature":               {tencentCodes, "FailedOperation.SignatureIncorrectOrUnapproved", channel.Config, one, false},
		"腾讯云 template":                {tencentCodes, "FailedOperation.TemplateUnapprovedOrNotExist", channel.Config, one, false},
		"腾讯云 key":                     {tencentCodes, "AuthFailure.SecretIdNotFound", channel.Config, all, false},
		"云MAS taken":                  {masCodes, "success", channel.Accepted, one, false},
		"云MAS no number":              {masCodes, "InvalidMobile", channel.Permanent, one, true},
		"云MAS mac":                    {masCodes, "IllegalMac", channel.Config, all, false},
		"云MAS sign":                   {masCodes, "NoSignId", channel.Config, all, false},
		"云MAS account":                {masCodes, "InvalidUsrOrPwd", channel.Config, all, false},
		"云MAS template":               {masCodes, "IllegalTemplate", channel.Config, one, false},
		"CMPP taken":                  {cmppCodes, "0", channel.Accepted, one, false},
		"CMPP structure":              {cmppCodes, "1", channel.Config, one, false},
		"CMPP command":                {cmppCodes, "2", channel.Config, all, false},
		"CMPP a sequence used twice":  {cmppCodes, "3", channel.Retry, one, false},
		"CMPP too long":               {cmppCodes, "6", channel.Permanent, one, false},
		"CMPP service code":           {cmppCodes, "7", channel.Config, all, false},
		"CMPP too fast":               {cmppCodes, "8", channel.Throttled, all, false},
		"CMPP not of this gateway":    {cmppCodes, "9", channel.Permanent, one, false},
		"CMPP Src_Id":                 {cmppCodes, "10", channel.Config, all, false},
		"CMPP Msg_src":                {cmppCodes, "11", channel.Config, all, false},
		"CMPP number":                 {cmppCodes, "13", channel.Permanent, one, true},
		"CMPP a gateway's own result": {cmppCodes, "77", channel.Permanent, one, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, whole := tt.of.result(tt.code, "x")
			if r.Class != tt.class || whole != tt.whole || r.BadAddress != tt.dead || r.Code != tt.code {
				t.Errorf("%+v, of every message: %v", r, whole)
			}
			if tt.class == channel.Throttled && r.After <= 0 {
				t.Error("it does not say how long to wait")
			}
		})
	}
}
