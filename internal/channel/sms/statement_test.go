package sms

import "testing"

func FuzzStatements(f *testing.F) {
	f.Add("20261123", []byte(`{"Code":"OK","Data":{"TargetList":[{"SendDate":"20261123","TotalCount":3,"RespondedSuccessCount":2,"RespondedFailCount":1}]}}`))
	f.Add("SendStatusStatistics", []byte(`{"Response":{"SendStatusStatistics":{"RequestSuccessCount":3}}}`))
	f.Add("SendStatusStatistics", []byte(`{"Response":{"Error":{"Code":"AuthFailure"}}}`))
	f.Fuzz(func(t *testing.T, what string, body []byte) {
		if n, err := aliyunCount(body, what); err != nil && (n.Accepted != 0 || err.Error() == "") {
			t.Errorf("%+v %v", n, err)
		}
		if n, err := tencentCounts(what, body); err != nil && (n != tencentCount{} || err.Error() == "") {
			t.Errorf("%+v %v", n, err)
		}
	})
}
