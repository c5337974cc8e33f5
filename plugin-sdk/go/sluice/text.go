package sluice

// CountTokens estimates the tokens of a text as a model counts them. Needs the grant tokens.
func CountTokens(model, text string, then func(tokens uint64, err error)) error {
	return send("sluice.tokens.count", NewEncoder().String(model).String(text), (*Decoder).U64, then)
}

// EmbedderModel returns the model that texts are embedded by, which belongs into the key of whatever is kept with the
// vectors, and its dimensions; 0 when they are not known yet. Needs the grant embed.
func EmbedderModel() (name string, dimensions uint32, err error) {
	answer, err := Call("sluice.embed.model", NewEncoder())
	if err != nil {
		return "", 0, err
	}
	name, dimensions = answer.String(), answer.U32()
	return name, dimensions, answer.Err()
}

// Embed turns texts into vectors of unit length, in order. Needs the grant embed.
func Embed(texts []string, then func(vectors [][]float32, err error)) error {
	arguments := NewEncoder().U32(uint32(len(texts)))
	for _, text := range texts {
		arguments.String(text)
	}
	return send("sluice.embed.embed", arguments,
		func(d *Decoder) [][]float32 { return list(d, (*Decoder).Floats) }, then)
}
