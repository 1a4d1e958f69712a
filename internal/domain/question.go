package domain

import "time"

// Question is what a reader asked about a policy.
type Question struct {
	ID         QuestionID
	Policy     PolicyID
	Subscriber SubscriberID // 0 for a reader without an account
	Text       string
	AskedAt    time.Time
	Answer     string
	AnsweredBy OperatorID
	AnsweredAt time.Time
}
