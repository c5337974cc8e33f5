package sluice

// PatternKind says how a pattern is read.
type PatternKind uint8

const (
	// Literal is read character by character.
	Literal PatternKind = 0
	// Expression is read as an RE2 expression.
	Expression PatternKind = 1
)

// Pattern is one pattern of a set.
type Pattern struct {
	Kind PatternKind
	Text string
	// IgnoreCase compares by Unicode simple case folding.
	IgnoreCase bool
	// WholeWord matches only where no letter, digit or underscore stands next to it.
	WholeWord bool
}

// Match is one match: the index of its pattern, and where it begins and ends in bytes.
type Match struct {
	Pattern    uint32
	Start, End uint64
}

// PatternSet is a list of patterns that the host compiled.
type PatternSet struct{ id uint32 }

// CompilePatterns compiles patterns; do it while the plugin is configured. The host logs why it refuses one.
func CompilePatterns(patterns []Pattern) (*PatternSet, error) {
	arguments := NewEncoder().U32(uint32(len(patterns)))
	for _, pattern := range patterns {
		var flags uint8
		if pattern.IgnoreCase {
			flags |= 1
		}
		if pattern.WholeWord {
			flags |= 2
		}
		arguments.U8(uint8(pattern.Kind)).U8(flags).String(pattern.Text)
	}
	answer, err := Call("sluice.patterns.compile", arguments)
	if err != nil {
		return nil, err
	}
	return &PatternSet{id: answer.U32()}, answer.Err()
}

// Scan returns the matches in a text, at most limit; 0 stands for the host's most.
func (s *PatternSet) Scan(text []byte, limit uint32) ([]Match, error) {
	answer, err := Call("sluice.patterns.scan", NewEncoder().U32(s.id).U32(limit).Blob(text))
	if err != nil {
		return nil, err
	}
	matches := list(answer, func(d *Decoder) Match {
		return Match{Pattern: d.U32(), Start: uint64(d.U32()), End: uint64(d.U32())}
	})
	return matches, answer.Err()
}

// Free gives the set back to the host.
func (s *PatternSet) Free() error {
	_, err := Call("sluice.patterns.free", NewEncoder().U32(s.id))
	return err
}

// Open opens a scan over a text that arrives in pieces.
func (s *PatternSet) Open() (*PatternStream, error) {
	answer, err := Call("sluice.patterns.open", NewEncoder().U32(s.id))
	if err != nil {
		return nil, err
	}
	return &PatternStream{id: answer.U32()}, answer.Err()
}

// PatternStream scans a text in pieces that are cut anywhere; offsets count from the first piece.
type PatternStream struct {
	id uint32
	// Safe is the offset before which no match begins that is yet to come.
	Safe uint64
}

// Feed takes the next piece and returns the matches that have become certain. The last piece says end.
func (s *PatternStream) Feed(piece []byte, end bool) ([]Match, error) {
	answer, err := Call("sluice.patterns.feed", NewEncoder().U32(s.id).Blob(piece).Bool(end))
	if err != nil {
		return nil, err
	}
	safe := answer.U64()
	matches := list(answer, func(d *Decoder) Match {
		return Match{Pattern: d.U32(), Start: d.U64(), End: d.U64()}
	})
	if answer.Err() == nil {
		s.Safe = safe
	}
	return matches, answer.Err()
}

// Close ends the scan; the host does so too when the exchange is over.
func (s *PatternStream) Close() error {
	_, err := Call("sluice.patterns.close", NewEncoder().U32(s.id))
	return err
}
