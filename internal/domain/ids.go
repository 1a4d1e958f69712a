package domain

// Ids are given by the database, start at 1 and are never reused. A
// SubscriberID stays below 1<<32: it is the number that audiences hold.
type (
	// OfficeID names a policy office.
	OfficeID int64
	// OperatorID names a person who works in the console.
	OperatorID int64
	// PolicyID names a policy over all its versions.
	PolicyID int64
	// SubscriberID names an enterprise or a resident.
	SubscriberID int64
	// ContactID names one address of a subscriber.
	ContactID int64
	// PushID names one push of one policy version.
	PushID int64
	// DeliveryID names one message to one person over one channel.
	DeliveryID int64
	// BatchID names up to 500 deliveries of one push and channel.
	BatchID int64
	// QuestionID names a question asked by a subscriber.
	QuestionID int64
)

// MeasureID names a measure within its policy: m1, m2, …
type MeasureID string
