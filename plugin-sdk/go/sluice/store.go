package sluice

// Entry is a value with its version.
type Entry struct {
	Value   []byte
	Version uint64
}

// Get reads a value; nil when there is none. Needs the grant store, as all of these.
func Get(key string, then func(entry *Entry, err error)) error {
	return send("sluice.store.get", NewEncoder().String(key), func(d *Decoder) *Entry {
		if !d.Bool() {
			return nil
		}
		return &Entry{Value: d.Blob(), Version: d.U64()}
	}, then)
}

// Set writes a value and answers its version. ttlMillis 0 keeps it for as long as there is room.
func Set(key string, value []byte, ttlMillis uint64, then func(version uint64, err error)) error {
	return send("sluice.store.set", NewEncoder().String(key).Blob(value).optional(ttlMillis), (*Decoder).U64, then)
}

// CompareAndSet writes a value if it has a version still; version 0 if it is not there. The error is
// types.ErrorStatusCasMismatch when it is otherwise.
func CompareAndSet(key string, value []byte, version, ttlMillis uint64, then func(version uint64, err error)) error {
	return send("sluice.store.compareAndSet",
		NewEncoder().String(key).Blob(value).U64(version).optional(ttlMillis), (*Decoder).U64, then)
}

// Delete deletes a value and answers whether it was there.
func Delete(key string, then func(deleted bool, err error)) error {
	return send("sluice.store.delete", NewEncoder().String(key), (*Decoder).Bool, then)
}

// Lock takes a lock that frees itself after a time. The fence is 0 while another holds it; that of each later holder is
// higher.
func Lock(key string, expiryMillis uint64, then func(fence uint64, err error)) error {
	return send("sluice.store.lock", NewEncoder().String(key).U64(expiryMillis), func(d *Decoder) uint64 {
		if !d.Bool() {
			return 0
		}
		return d.U64()
	}, then)
}

// Unlock frees a lock and answers whether it was still held with that fence.
func Unlock(key string, fence uint64, then func(unlocked bool, err error)) error {
	return send("sluice.store.unlock", NewEncoder().String(key).U64(fence), (*Decoder).Bool, then)
}
