package sluice

import "sort"

// Attributes say what a vector is besides its value; searches and deletes compare them for equality.
type Attributes map[string]string

func (e *Encoder) attributes(attributes Attributes) *Encoder {
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	sort.Strings(names)
	e.U32(uint32(len(names)))
	for _, name := range names {
		e.String(name).String(attributes[name])
	}
	return e
}

func readAttributes(d *Decoder) Attributes {
	attributes := Attributes{}
	for count := d.U32(); count > 0 && !d.broken; count-- {
		name := d.String()
		attributes[name] = d.String()
	}
	return attributes
}

// VectorItem is a value that is found by its vector.
type VectorItem struct {
	Key        string
	Vector     []float32
	Value      []byte
	Attributes Attributes
	// TTLMillis is how long it is kept; 0 for as long as there is room.
	TTLMillis uint64
}

// VectorQuery asks for at most K values with a cosine of MinScore or more that have all attributes of Filter.
type VectorQuery struct {
	Vector   []float32
	K        uint32
	MinScore float64
	Filter   Attributes
}

// VectorHit is a value that a search found; Score is the cosine, -1 to 1.
type VectorHit struct {
	Key        string
	Score      float64
	Value      []byte
	Attributes Attributes
}

// UpsertVector stores or replaces a value and answers whether its key is new. Needs the grant vectors, as all of these.
func UpsertVector(namespace string, item VectorItem, then func(created bool, err error)) error {
	return send("sluice.vectors.upsert",
		NewEncoder().String(namespace).String(item.Key).Floats(item.Vector).Blob(item.Value).
			attributes(item.Attributes).optional(item.TTLMillis),
		(*Decoder).Bool, then)
}

// SearchVectors finds the values whose vectors are most similar, the most similar first.
func SearchVectors(namespace string, query VectorQuery, then func(hits []VectorHit, err error)) error {
	return send("sluice.vectors.search",
		NewEncoder().String(namespace).Floats(query.Vector).U32(query.K).F64(query.MinScore).attributes(query.Filter),
		func(d *Decoder) []VectorHit {
			return list(d, func(d *Decoder) VectorHit {
				return VectorHit{Key: d.String(), Score: d.F64(), Value: d.Blob(), Attributes: readAttributes(d)}
			})
		}, then)
}

// DeleteVector deletes a value and answers whether it was there.
func DeleteVector(namespace, key string, then func(deleted bool, err error)) error {
	return send("sluice.vectors.delete", NewEncoder().String(namespace).String(key), (*Decoder).Bool, then)
}

// DeleteVectors deletes the values that have all attributes of a filter and answers how many there were.
func DeleteVectors(namespace string, filter Attributes, then func(deleted uint64, err error)) error {
	return send("sluice.vectors.deleteWhere", NewEncoder().String(namespace).attributes(filter), (*Decoder).U64, then)
}
