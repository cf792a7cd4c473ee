package rabbitmq

import (
	"fmt"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
)

// deliveryLimit is how often the broker hands out a message that is never acknowledged, before it takes it for one
// that kills its consumers. It counts lost connections too, so it is not small.
const deliveryLimit = 50

// names are those of everything at the broker.
type names struct{ prefix string }

func (n names) events() string { return n.prefix + ".events" }

func (n names) dead() string { return n.prefix + ".dead" }

func (n names) consumer(c bus.Consumer) string { return n.prefix + "." + c.Name }

func (n names) retry(delay time.Duration) string {
	return n.prefix + ".retry." + strconv.FormatInt(delay.Milliseconds(), 10) + "ms"
}

// declare makes what is not there yet. Everything is durable, so this changes nothing but at the first start and after
// somebody deleted something. What all consumers want is bound last: a queue that it reaches before the others are there
// would be the only one to have it.
func (n names) declare(ch *amqp.Channel, consumers []bus.Consumer, delays []time.Duration) error {
	if err := exchange(ch, n.events(), amqp.ExchangeDirect); err != nil {
		return err
	}
	if err := n.fanned(ch, n.dead(), nil); err != nil {
		return err
	}
	for _, delay := range delays {
		err := n.fanned(ch, n.retry(delay), amqp.Table{amqp.QueueMessageTTLArg: delay.Milliseconds(), "x-dead-letter-exchange": n.events()})
		if err != nil {
			return err
		}
	}
	for _, c := range consumers {
		err := queue(ch, n.consumer(c), amqp.Table{
			"x-delivery-limit": deliveryLimit, "x-dead-letter-exchange": n.dead(), "x-dead-letter-routing-key": string(c.Own()),
		})
		if err != nil {
			return err
		}
	}
	for _, key := range []func(c bus.Consumer) outbox.Topic{bus.Consumer.Own, func(c bus.Consumer) outbox.Topic { return c.Topic }} {
		for _, c := range consumers {
			if err := ch.QueueBind(n.consumer(c), string(key(c)), n.events(), false, nil); err != nil {
				return fmt.Errorf("bind %s: %w", n.consumer(c), err)
			}
		}
	}
	return nil
}

// fanned is a queue that takes whatever reaches the exchange of its name, with the key it has.
func (n names) fanned(ch *amqp.Channel, name string, args amqp.Table) error {
	if err := exchange(ch, name, amqp.ExchangeFanout); err != nil {
		return err
	}
	if err := queue(ch, name, args); err != nil {
		return err
	}
	if err := ch.QueueBind(name, "", name, false, nil); err != nil {
		return fmt.Errorf("bind %s: %w", name, err)
	}
	return nil
}

func exchange(ch *amqp.Channel, name, kind string) error {
	if err := ch.ExchangeDeclare(name, kind, true, false, false, false, nil); err != nil {
		return fmt.Errorf("exchange %s: %w", name, err)
	}
	return nil
}

// queue declares a quorum queue. What it dead-letters it forgets only when the next queue has it; the broker does so
// for queues that refuse what they have no room for, instead of dropping something else (rabbitmq.com/docs/quorum-queues,
// "At-least-once dead lettering").
func queue(ch *amqp.Channel, name string, args amqp.Table) error {
	all := amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum, amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish}
	if args["x-dead-letter-exchange"] != nil {
		all["x-dead-letter-strategy"] = "at-least-once"
	}
	for key, value := range args {
		all[key] = value
	}
	if _, err := ch.QueueDeclare(name, true, false, false, false, all); err != nil {
		return fmt.Errorf("queue %s: %w", name, err)
	}
	return nil
}
