package rabbitmq

import (
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/outbox"
)

// Headers of a message. Its id, topic and time are AMQP's own properties.
const (
	headerKey     = "kaituan-key"
	headerTrace   = "traceparent"     // the W3C's; absent: it is not followed
	headerAttempt = "kaituan-attempt" // the number of the next attempt; absent: the first
	headerCause   = "kaituan-cause"   // why it is dead
	headerDeath   = "x-first-death-reason"
)

func publishing(m outbox.Message) amqp.Publishing {
	p := amqp.Publishing{
		MessageId: m.ID, Type: string(m.Topic), Timestamp: m.CreatedAt, Body: m.Payload,
		ContentType: "text/plain", DeliveryMode: amqp.Persistent, Headers: amqp.Table{headerKey: m.Key},
	}
	if m.Trace != "" {
		p.Headers[headerTrace] = m.Trace
	}
	return p
}

func message(d amqp.Delivery) outbox.Message {
	m := outbox.Message{
		ID: d.MessageId, Topic: outbox.Topic(d.Type), Payload: d.Body, CreatedAt: d.Timestamp.UTC(), Attempt: 1,
	}
	m.Key, _ = d.Headers[headerKey].(string)
	m.Trace, _ = d.Headers[headerTrace].(string)
	if n, ok := d.Headers[headerAttempt].(int64); ok {
		m.Attempt = int(n)
	}
	return m
}

// again is a message for its next attempt.
func again(m outbox.Message) amqp.Publishing {
	p := publishing(m)
	p.Headers[headerAttempt] = int64(m.Attempt + 1)
	return p
}

// dead is a message that is not to be tried again.
func dead(m outbox.Message, err error) amqp.Publishing {
	p := publishing(m)
	p.Headers[headerAttempt] = int64(m.Attempt)
	p.Headers[headerCause] = shortened(err.Error())
	return p
}

// cause says why a dead message is dead. The broker's word for one that was never acknowledged is delivery_limit.
func cause(d amqp.Delivery) string {
	if text, ok := d.Headers[headerCause].(string); ok {
		return text
	}
	text, _ := d.Headers[headerDeath].(string)
	return "the broker gave it up: " + text
}

const maxCause = 500

func shortened(text string) string {
	if runes := []rune(text); len(runes) > maxCause {
		return string(runes[:maxCause])
	}
	return text
}

// wait is the pause before the next attempt: the shortest that is long enough for what the consumer asked for.
func wait(delays []time.Duration, attempt int, asked time.Duration) time.Duration {
	for i, delay := range delays {
		if i+1 >= attempt && delay >= asked {
			return delay
		}
	}
	return delays[len(delays)-1]
}
