package web

import (
	"net/url"
	"testing"

	"policypush/internal/domain"
)

func TestOfficesAreAddedAndRenamed(t *testing.T) {
	site := newOffice(t)
	b := site.as("admin")
	const list = "/console/offices"
	b.get("/console/operators").at("/console/operators", 200, `href="/console/offices"`)
	b.get(list).at(list, 200, site.office.Name, "【"+site.office.Signature+"】", "个在用的账号")
	b.get(list+"/new").post(list, url.Values{"name": {site.office.Name}, "signature": {"云"}, "region": {"不存在的地方"}}).
		at(list, 422, "已经有叫这个名称的单位", "短信签名要有3到8个字", "没有认出这个地区", `value="不存在的地方"`)
	b.get(list+"/new").post(list, url.Values{"name": {"柯桥区民政局"}, "signature": {"柯桥民政"}, "region": {"东湖街道"}}).at(list, 422, "有几个地区叫“东湖街道”")
	b.get(list+"/new").post(list, url.Values{"name": {"柯桥区民政局"}, "signature": {"柯桥民政"}, "region": {"柯桥区"}, "phone": {"0575-84120001"}}).
		at(list, 200, "已保存单位“柯桥区民政局”", "【柯桥民政】", "浙江省绍兴市柯桥区", "0个在用的账号")
	all, err := site.Store.Offices(t.Context())
	if err != nil || len(all) != 2 || all[1].Region != "330603" || all[1].Demo {
		t.Fatalf("%+v, %v", all, err)
	}
	b.get(list+"/2").at(list+"/2", 200, `value="浙江省绍兴市柯桥区"`).
		post(list+"/2", url.Values{"name": {"柯桥区民政和社会事务局"}, "signature": {"柯桥民政"}, "region": {"330603"}}).at(list, 200, "柯桥区民政和社会事务局")
	b.get("/console/audit").at("/console/audit", 200, "维护单位", "柯桥区民政局 改名为 柯桥区民政和社会事务局", `href="/console/offices/2"`)
	b.get(list+"/9").at(list+"/9", 404, "没有这个单位")
	b.get("/console/operators/new").at("/console/operators/new", 200, "柯桥区民政和社会事务局")

	// beside the fictional county there is no real office
	if err := site.Store.SaveOffice(t.Context(), &domain.Office{Name: "云川县某局", Signature: "云川某局", Region: "330603", Demo: true}); err != nil {
		t.Fatal(err)
	}
	b.get(list+"/new").post(list, url.Values{"name": {"柯桥区人社局"}, "signature": {"柯桥人社"}, "region": {"330603"}}).at(list, 409, "这里载入了演示数据")
}
