package groupbuy

import (
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// Code names a refusal for programs; api/problem gives each its HTTP status and text.
type Code string

// The refusals that are not a team.Reason or an activity.Reason.
const (
	CodeInvalid          Code = "invalid"            // a value is out of its bounds
	CodePartnerNotFound  Code = "partner_not_found"  //
	CodeActivityNotFound Code = "activity_not_found" //
	CodeKeyNotFound      Code = "key_not_found"
	CodeEndpointNotFound Code = "endpoint_not_found"
	CodeDeliveryNotFound Code = "delivery_not_found"
	CodeActivityInvalid  Code = "activity_invalid"  // cannot be published as it is; see Faults
	CodeActivityState    Code = "activity_state"    // not possible in the activity's state
	CodeActivityChanged  Code = "activity_changed"  // somebody else saved it in between
	CodeSetupDone        Code = "setup_done"        // somebody has an operator's account already
	CodeNameTaken        Code = "name_taken"        // the partner has another activity of that name
	CodeTooManyKeys      Code = "too_many_keys"     // two are live already
	CodePriceChanged     Code = "price_changed"     // not the price the caller expected; see CurrentPrice
	CodeQuantityExceeded Code = "quantity_exceeded" // more pieces than one seat may have
	CodeDeliveryPending  Code = "delivery_pending"  // it is being sent already
	CodeEndpointURL      Code = "endpoint_url"      // not an address that may receive webhooks
	CodeTagNotFound      Code = "tag_not_found"     //
	CodeTagNameTaken     Code = "tag_name_taken"    //
	CodeTagChanged       Code = "tag_changed"       // somebody else saved it in between
	CodeTagBusy          Code = "tag_busy"          // a job or list is at work on it
	CodeTagBuiltIn       Code = "tag_built_in"      // the engine's own, not to be changed
	CodeTagManual        Code = "tag_manual"        // has no rule that could be computed
	CodeTagNotManual     Code = "tag_not_manual"    // members come from its rule, not from lists
	CodeUnauthenticated  Code = "unauthenticated"   // no operator with this login and password, or no live session
	CodeOperatorNotFound Code = "operator_not_found"
	CodeFactorRequired   Code = "second_factor_required" // the password is right; a code has to come with it
	CodeFactorWrong      Code = "second_factor_wrong"    // the password is right, the code is not, or was used before
	CodeFactorOn         Code = "second_factor_on"       // the operator has one already
	CodeFactorDue        Code = "second_factor_due"      // the operator must set one up before anything else
)

// Codes lists every code that the engine can answer with, for the table that maps them to the wire.
func Codes() []Code {
	codes := []Code{
		CodeInvalid, CodePartnerNotFound, CodeActivityNotFound, CodeKeyNotFound, CodeEndpointNotFound, CodeDeliveryNotFound,
		CodeActivityInvalid, CodeActivityState, CodeActivityChanged, CodeNameTaken, CodeSetupDone, CodeTooManyKeys, CodePriceChanged,
		CodeTagNotFound, CodeTagNameTaken, CodeTagChanged, CodeTagBusy, CodeTagBuiltIn, CodeTagManual, CodeTagNotManual,
		CodeQuantityExceeded, CodeDeliveryPending, CodeEndpointURL, CodeUnauthenticated, CodeOperatorNotFound,
		CodeFactorRequired, CodeFactorWrong, CodeFactorOn, CodeFactorDue,
	}
	for _, r := range activity.Reasons() {
		codes = append(codes, Code(r))
	}
	for _, r := range []team.Reason{
		team.TeamNotFound, team.TeamOtherActivity, team.TeamOtherGoods, team.TeamNotForming, team.TeamExpired, team.TeamFull,
		team.AlreadyInTeam, team.LimitOpen, team.LimitJoin, team.LimitTotal, team.StockOut, team.SeatNotFound, team.SeatPaid,
		team.SeatNotPaid, team.SeatRefunding, team.SeatNotRefunding, team.AmountMismatch, team.IdempotencyMismatch,
	} {
		codes = append(codes, Code(r))
	}
	return codes
}

// Error is a refusal: the engine understood and will not do it. Any other error means that the machine failed.
type Error struct {
	Code         Code
	Param        string           // the field at fault, as named on the wire
	Detail       string           // what would be right
	Faults       []activity.Fault // of CodeActivityInvalid and CodeInvalid
	CurrentPrice money.Fen        // of CodePriceChanged, per piece
}

// Error prints the code and what would be right.
func (e *Error) Error() string {
	text := "groupbuy: " + string(e.Code)
	if e.Param != "" {
		text += ": " + e.Param
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func invalid(param, detail string) error {
	return &Error{Code: CodeInvalid, Param: param, Detail: detail}
}

func invalidAll(code Code, faults []activity.Fault) error {
	return &Error{Code: code, Param: faults[0].Param, Detail: faults[0].Detail, Faults: faults}
}

func refusal(r team.Reason) error {
	if r == team.NoRefusal {
		return nil
	}
	return &Error{Code: Code(r)}
}
