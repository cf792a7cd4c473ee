package mall

import (
	"context"
	"errors"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// ErrUnavailable says that the store cannot be reached; nothing was written.
var ErrUnavailable = errors.New("mall: store unavailable")

// ErrUnknown says that the connection broke during a commit: it may have happened or not.
var ErrUnknown = errors.New("mall: fate of the commit unknown")

// ErrNotFound says that the named row does not exist, or belongs to somebody else.
var ErrNotFound = errors.New("mall: not found")

// ErrDuplicate says that a unique key is taken.
var ErrDuplicate = errors.New("mall: duplicate")

// ErrConflict says that somebody else changed the row in between.
var ErrConflict = errors.New("mall: changed by somebody else")

// ErrStock says that fewer pieces are left than asked for.
var ErrStock = errors.New("mall: not enough stock")

// Store is what the mall asks of a database. Besides the errors named at each method, any may return
// ErrUnavailable.
type Store interface {
	Reader
	// InTx runs fn in one READ COMMITTED transaction. fn may run again after a deadlock, so it must have no effect
	// but on tx and on variables that it sets anew. Errors: whatever fn returns, ErrUnknown.
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// Together is InTx for the short changes that every purchase makes: those that come at once may share a
	// transaction, in which each sees what the ones before it did. An error of fn undoes what fn did and nothing else.
	// fn runs under a context that is not its caller's, so it may wait for nothing but tx; when ctx ends before the
	// answer is there, fn may run or have run. Errors: those of InTx; a duplicate, a conflict and stock that is short may
	// be told by Together instead of by the method that caused them.
	Together(ctx context.Context, hold Hold, fn func(tx PurchaseTx) error) error
}

// Hold says what a change is about, so that a store can read it for all that share a transaction. What is left out is
// read when it is asked for.
type Hold struct {
	Order    order.ID     // to be locked
	Payments bool         // its payments are needed
	Team     order.TeamID // whose orders are to be locked
	Stock    StockKey     // to be taken
	Message  Receipt      // to be taken once
	Key      BuyerKey     // of an order to be added
}

// BuyerKey names the order that a buyer places under a key.
type BuyerKey struct {
	Buyer account.ID
	Value string
}

// StockKey names one SKU.
type StockKey struct {
	Product catalog.ProductID
	SKU     catalog.SKUID
}

// Receipt names a message as one consumer takes it.
type Receipt struct {
	Consumer, MessageID string
}

// Tx is one transaction. Whoever changes an order, its payments or its refunds locks the order first; that lock
// is the one that makes them wait for each other.
type Tx interface {
	PurchaseTx
	TxAccounts
	TxCatalog
	TxOrders
	TxPayments
	TxBills
	Trail
}

// PurchaseTx is what a purchase needs of a transaction, from the order to what becomes of its money.
type PurchaseTx interface {
	// Now is the transaction's time, UTC, in whole milliseconds, the same at every call.
	Now() time.Time
	// Enqueue writes tasks to the outbox: they are carried out after the commit, at least once each.
	Enqueue(tasks ...Task) error
	// Once records that a consumer takes a message and says whether it is the first time.
	Once(consumer, messageID string) (bool, error)

	// TakeStock takes n pieces. Errors: ErrStock.
	TakeStock(product catalog.ProductID, sku catalog.SKUID, n int) error
	// ReturnStock gives n pieces back.
	ReturnStock(product catalog.ProductID, sku catalog.SKUID, n int) error

	// AddOrder inserts an order with its moves. Errors: ErrDuplicate when its buyer used the key before.
	AddOrder(o order.Order, key Key) error
	// LockOrder returns an order and holds it against others. Errors: ErrNotFound.
	LockOrder(id order.ID) (order.Order, error)
	// LockTeam returns a team's orders in the order of their ids and holds them against others.
	LockTeam(id order.TeamID) ([]order.Order, error)
	// PutOrder updates the stored order of the same Version and appends its moves to the history.
	// Errors: ErrConflict.
	PutOrder(o order.Order) error

	// OpenPayment returns the order's open payment. Errors: ErrNotFound.
	OpenPayment(id order.ID) (payment.Payment, error)
	// Payment returns a payment. Errors: ErrNotFound.
	Payment(id payment.ID) (payment.Payment, error)
	// AddPayment inserts a payment with its moves. Errors: ErrDuplicate when the order has an open one.
	AddPayment(p payment.Payment) error
	// PutPayment updates the stored payment of the same Version and appends its moves to the history.
	// Errors: ErrConflict.
	PutPayment(p payment.Payment) error
	// AddNotice records a believed notice; one that came before is counted.
	AddNotice(n payment.Notice) error

	// Refund returns a refund. Errors: ErrNotFound.
	Refund(no payment.RequestNo) (payment.Refund, error)
	// PaymentRefunds returns the refunds of a payment in the order of their numbers.
	PaymentRefunds(id payment.ID) ([]payment.Refund, error)
	// AddRefund inserts a refund with its moves. Errors: ErrDuplicate when the payment has one of the same intent.
	AddRefund(r payment.Refund) error
}

// TxAccounts changes accounts and sessions.
type TxAccounts interface {
	// AddAccount creates an account. Errors: ErrDuplicate when the login is taken.
	AddAccount(a account.Account) error
	// AddSession creates a session. Errors: ErrDuplicate.
	AddSession(s account.Session) error
	// SeeSession records that a session was used.
	SeeSession(hash account.TokenHash, at time.Time) error
	// DropSession ends a session, if there is one.
	DropSession(hash account.TokenHash) error
	// AddScan records an attempt to sign in by scanning.
	AddScan(s account.Scan) error
	// LockScan returns an attempt and holds it against others. Errors: ErrNotFound.
	LockScan(id account.ScanID) (account.Scan, error)
	// LastScanOf returns the attempt that was begun last among those that a person scanned, and holds it against others.
	// Errors: ErrNotFound.
	LastScanOf(who account.OpenID) (account.Scan, error)
	// PutScan updates the stored attempt of the same Version. Errors: ErrConflict.
	PutScan(s account.Scan) error
	// DropScans deletes attempts that were begun at or before an instant, at most limit, and returns how many.
	DropScans(started time.Time, limit int) (int, error)
	// DropSessions ends the sessions that were last used before idle or started before absolute, at most limit.
	DropSessions(idle, absolute time.Time, limit int) (int, error)
}

// TxCatalog changes products and their stock.
type TxCatalog interface {
	// LockProduct returns a product and holds it against others, its stock included. Errors: ErrNotFound.
	LockProduct(id catalog.ProductID) (catalog.Product, error)
	// PutProduct inserts a product of Version 0, or replaces the stored one of the same Version. SKUs left out
	// can no longer be bought. Stock becomes what p says. Errors: ErrDuplicate, ErrConflict.
	PutProduct(p catalog.Product) error
}

// Key makes placing an order safe to repeat: one per buyer and purchase, kept for ever.
type Key struct {
	Value string
	Input string // what was asked, hashed
}

// TxOrders changes orders beside what a purchase does.
type TxOrders interface {
	// PostponeOrder lets sweeps pass over an order until at, unless it moved since version.
	PostponeOrder(id order.ID, version int64, at time.Time) error
}

// TxPayments changes refunds.
type TxPayments interface {
	// PutRefund updates the stored refund of the same Version and appends its moves to the history.
	// Errors: ErrConflict.
	PutRefund(r payment.Refund) error
}

// Reader answers questions. None of its answers is older than the last commit.
type Reader interface {
	BillReader

	// AccountByLogin returns one account. Errors: ErrNotFound.
	AccountByLogin(ctx context.Context, login account.Login) (account.Account, error)
	// Session returns a session and whose it is. Errors: ErrNotFound.
	Session(ctx context.Context, hash account.TokenHash) (account.Session, account.Account, error)
	// Scan returns an attempt to sign in by scanning. Errors: ErrNotFound.
	Scan(ctx context.Context, id account.ScanID) (account.Scan, error)
	// Nicknames returns the nicknames of the accounts that exist.
	Nicknames(ctx context.Context, ids []account.ID) (map[account.ID]string, error)

	// Product returns one product, on the shelf or off it. Errors: ErrNotFound.
	Product(ctx context.Context, id catalog.ProductID) (catalog.Product, error)
	// Covers returns the first picture of each of the products that have one, on the shelf or off it.
	Covers(ctx context.Context, ids []catalog.ProductID) (map[catalog.ProductID]string, error)
	// Products lists products, newest first.
	Products(ctx context.Context, q ProductQuery) ([]catalog.Product, error)

	// Order returns an order of a buyer, anybody's when the buyer is empty. Errors: ErrNotFound.
	Order(ctx context.Context, buyer account.ID, id order.ID) (order.Order, error)
	// OrderByKey returns the order that a buyer placed under a key, with the input it was placed with.
	// Errors: ErrNotFound.
	OrderByKey(ctx context.Context, buyer account.ID, key string) (order.Order, string, error)
	// Orders lists orders, newest first.
	Orders(ctx context.Context, q OrderQuery) ([]order.Order, error)
	// OrdersByID returns those of the orders that exist.
	OrdersByID(ctx context.Context, ids []order.ID) (map[order.ID]order.Order, error)
	// TeamLeaders returns the nickname of each team's leader: the buyer of its earliest order that is paid and
	// live. Teams without such an order are left out.
	TeamLeaders(ctx context.Context, ids []order.TeamID) (map[order.TeamID]string, error)
	// Marks returns a mark of each thing that is watched, which is another one whenever it, or one of its orders, changed.
	Marks(ctx context.Context, of []Watched) (map[Watched]string, error)
	// History returns an order's moves, oldest first.
	History(ctx context.Context, id order.ID) ([]order.Move, error)
	// DueOrders returns orders in a state that a sweep must look after, the longest due first.
	DueOrders(ctx context.Context, status order.Status, q DueQuery) ([]order.Order, error)

	// PaymentByID returns one payment. Errors: ErrNotFound.
	PaymentByID(ctx context.Context, id payment.ID) (payment.Payment, error)
	// Payments returns an order's payments, oldest first.
	Payments(ctx context.Context, id order.ID) ([]payment.Payment, error)
	// SearchPayments lists payments, newest first.
	SearchPayments(ctx context.Context, q PaymentQuery) ([]payment.Payment, error)
	// DuePayments returns pending payments that the provider must be asked about, the longest due first.
	DuePayments(ctx context.Context, q DueQuery) ([]payment.Payment, error)
	// OrderRefunds returns an order's refunds, oldest first.
	OrderRefunds(ctx context.Context, id order.ID) ([]payment.Refund, error)
	// DueRefunds returns refunds that the provider must be asked for, the longest due first.
	DueRefunds(ctx context.Context, q DueQuery) ([]payment.Refund, error)
	// FailedRefunds lists the refunds that wait for a person, newest first.
	FailedRefunds(ctx context.Context, before payment.RequestNo, limit int) ([]payment.Refund, error)

	// Audit lists what operators did, newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error)
}

// Watched names what a page shows: either a buyer's orders, with the teams that those are in while they are paid or may
// be, or one team's orders, or an attempt to sign in by scanning.
type Watched struct {
	Buyer account.ID
	Team  order.TeamID
	Scan  account.ScanID
}

// ProductQuery selects products for a list.
type ProductQuery struct {
	Shelf  catalog.Shelf // empty: all
	Before ProductCursor // the last one of the page before; zero: from the newest
	Limit  int
}

// ProductCursor is a place in the list of products.
type ProductCursor struct {
	CreatedAt time.Time
	ID        catalog.ProductID
}

// OrderQuery selects orders for a list.
type OrderQuery struct {
	Buyer    account.ID     // empty: anybody's
	Statuses []order.Status // empty: all
	Mode     order.Mode     // empty: both
	Product  catalog.ProductID
	Team     order.TeamID
	Before   order.ID // the last one of the page before; empty: from the newest
	Limit    int
}

// PaymentQuery selects payments for a list.
type PaymentQuery struct {
	ID      payment.ID // empty: any
	Order   order.ID   // empty: any order's
	Trade   string     // the provider's trade number; empty: any
	Status  payment.Status
	Unknown bool       // only those of which the provider gave no answer when it was asked last
	Before  payment.ID // the last one of the page before; empty: from the newest
	Limit   int
}

// Topic names what a task is about.
type Topic string

// The tasks that are carried out after a commit, by Shop.Perform.
const (
	TopicPutGoods      Topic = "mall.put_goods"      // subject: a product; register it at the engine
	TopicSettle        Topic = "mall.settle"         // subject: an order; report its payment to the engine
	TopicRelease       Topic = "mall.release"        // subject: an order; give up its seat
	TopicClose         Topic = "mall.close"          // subject: an order whose seat is gone; close it unless it is paid
	TopicRefund        Topic = "mall.refund"         // subject: a refund; tell the engine that the seat is given up
	TopicConfirmRefund Topic = "mall.confirm_refund" // subject: a refund; tell the engine that the money is back
	TopicGreet         Topic = "mall.greet"          // subject: an attempt to sign in by scanning; tell the person that it was used
)

// Topics returns every topic, so that a relay can be given a handler for each.
func Topics() []Topic {
	return []Topic{TopicPutGoods, TopicSettle, TopicRelease, TopicClose, TopicRefund, TopicConfirmRefund, TopicGreet}
}

// Task is something to do after the commit that causes it. Doing it twice is harmless.
type Task struct {
	Topic   Topic
	Subject string // the id of what it is about
}
