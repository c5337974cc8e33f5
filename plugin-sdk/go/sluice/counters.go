package sluice

// Window says over which time a limit counts; make one by Fixed, Sliding, TokenBucket or Concurrency.
type Window struct{ encode func(*Encoder) }

// Fixed counts in a calendar unit (second, minute, hour, day, week or month) of a time zone such as Europe/Berlin.
func Fixed(unit, zone string) Window {
	return Window{func(e *Encoder) { e.U8(0).String(unit).String(zone) }}
}

// Sliding counts in the last so many milliseconds.
func Sliding(lengthMillis uint64) Window {
	return Window{func(e *Encoder) { e.U8(1).U64(lengthMillis) }}
}

// TokenBucket refills at a rate, up to the limit's amount.
func TokenBucket(perSecond float64) Window {
	return Window{func(e *Encoder) { e.U8(2).F64(perSecond) }}
}

// Concurrency counts open reservations; a slot frees itself after a time.
func Concurrency(expiryMillis uint64) Window {
	return Window{func(e *Encoder) { e.U8(3).U64(expiryMillis) }}
}

// Limit is an amount that a key may have in a window. Keys of one call share what stands in their first braces.
type Limit struct {
	Key    string
	Amount uint64
	Window Window
}

// Left is what a limit has left: negative is debt. The time is in milliseconds since 1970.
type Left struct {
	Remaining      int64
	ResetsAtMillis uint64
}

// Reservation is what was reserved, or says what is left when it was not granted.
type Reservation struct {
	Granted bool
	ID      uint64
	Left    []Left
}

func (e *Encoder) limits(limits []Limit) *Encoder {
	e.U32(uint32(len(limits)))
	for _, limit := range limits {
		e.String(limit.Key).U64(limit.Amount)
		limit.Window.encode(e)
	}
	return e
}

func readLeft(d *Decoder) []Left {
	return list(d, func(d *Decoder) Left {
		return Left{Remaining: int64(d.U64()), ResetsAtMillis: d.U64()}
	})
}

// Add counts whatever the limits say. Needs the grant counters, as all of these.
func Add(limits []Limit, amount uint64, then func(left []Left, err error)) error {
	return send("sluice.counters.add", NewEncoder().limits(limits).U64(amount), readLeft, then)
}

// Reserve takes an amount of all limits or of none.
func Reserve(limits []Limit, amount, expiryMillis uint64, then func(Reservation, error)) error {
	return send("sluice.counters.reserve", NewEncoder().limits(limits).U64(amount).U64(expiryMillis),
		func(d *Decoder) Reservation {
			return Reservation{Granted: d.Bool(), ID: d.U64(), Left: readLeft(d)}
		}, then)
}

// Settle says what a reservation came to.
func Settle(reservation, amount uint64, then func(left []Left, err error)) error {
	return send("sluice.counters.settle", NewEncoder().U64(reservation).U64(amount), readLeft, then)
}

// Release gives a reservation back.
func Release(reservation uint64, then func(left []Left, err error)) error {
	return send("sluice.counters.release", NewEncoder().U64(reservation), readLeft, then)
}

// Peek counts nothing.
func Peek(limits []Limit, then func(left []Left, err error)) error {
	return send("sluice.counters.peek", NewEncoder().limits(limits), readLeft, then)
}
