package domain

// Truth is the answer to a condition in Kleene's three-valued logic: a fact
// that a profile does not state is Unknown, never No. The order No < Unknown <
// Yes makes And the minimum and Or the maximum.
type Truth int8

// The three answers. The zero value is No.
const (
	No Truth = iota
	Unknown
	Yes
)

// And is Yes if both are, No if one is.
func (t Truth) And(u Truth) Truth { return min(t, u) }

// Or is Yes if one is, No if both are.
func (t Truth) Or(u Truth) Truth { return max(t, u) }

// Not turns Yes into No and leaves Unknown.
func (t Truth) Not() Truth { return Yes - t }

// TruthOf is Yes or No.
func TruthOf(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// String returns the word of the command line and the API: met, not or unknown.
func (t Truth) String() string {
	switch t {
	case Yes:
		return "met"
	case No:
		return "not"
	default:
		return "unknown"
	}
}

// MarshalText writes the word of String.
func (t Truth) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Verdict is what a person is told about a measure or a policy. It never says
// that they qualify: the office decides, the service tells.
type Verdict string

// The verdicts, in the words of the command line.
const (
	Likely     Verdict = "likely"   // 适用可能性高
	Possible   Verdict = "possible" // 可能适用
	NotForThem Verdict = "no"
)

// VerdictOf turns the truth of a measure's criteria into a verdict.
func VerdictOf(t Truth) Verdict {
	switch t {
	case Yes:
		return Likely
	case Unknown:
		return Possible
	default:
		return NotForThem
	}
}

// Label returns the Chinese words shown for the verdict.
func (v Verdict) Label() string {
	switch v {
	case Likely:
		return "适用可能性高"
	case Possible:
		return "可能适用"
	default:
		return "不适用"
	}
}
