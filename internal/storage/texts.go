package storage

// Texts that more than one function says.
const (
	noInterpretation = "没有这条解读，可能已被删除"
	noOffice         = "没有这个单位，可能已被删除"
	noOperator       = "没有这个账号，可能已被删除"
	noMessage        = "没有与回执对应的消息"
	policyChanged    = "其他人刚刚修改过《%s》，请刷新页面后再操作"
	noQuestion       = "没有这个提问，可能已删除"
	noSubscriber     = "没有这个订阅者，可能已注销"
	noPolicy         = "没有这份政策，可能已被删除"
	codeUsed         = "这个验证码已经用过，请重新获取"
	codeTries        = "验证码错误次数过多，请重新获取验证码"
)
