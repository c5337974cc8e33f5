import { Bytes, Pattern, PatternKind, PatternSet, PatternStream, Status } from "@sluice/assemblyscript";
import { PhraseScan, PhraseSet } from "./phrases";

/** What is looked for: phrases here in the guest, expressions by the host. */
export class Rules {
  readonly phrases: PhraseSet | null;
  readonly expressions: PatternSet | null;

  /** Sets `error` when the host has no patterns service or refuses an expression. */
  constructor(phrases: Array<string>, expressions: Array<string>, ignoreCase: bool) {
    this.phrases = phrases.length > 0 ? new PhraseSet(phrases, ignoreCase) : null;
    this.expressions = expressions.length > 0 ? this.compile(expressions, ignoreCase) : null;
  }

  private compile(expressions: Array<string>, ignoreCase: bool): PatternSet | null {
    const patterns: Array<Pattern> = [];
    for (let i = 0; i < expressions.length; i++) {
      patterns.push(new Pattern(PatternKind.Expression, expressions[i], ignoreCase));
    }
    const set = PatternSet.compile(patterns);
    if (set === null) {
      this.error = PatternSet.status == Status.NotFound
        ? "expressions need a host with sluice.patterns (this one has none); use phrases"
        : "the host refused one (status " + (<i32>PatternSet.status).toString() + ", see the line before)";
    }
    return set;
  }

  error: string = "";

  get empty(): bool {
    return this.phrases === null && this.expressions === null;
  }

  /** Returns what matches in a text (`phrase 3`, `pattern 0`: by index in the configuration), or an empty text. */
  find(text: Bytes): string {
    const phrases = this.phrases;
    if (phrases !== null) {
      const index = phrases.findIn(text, 0, text.length);
      if (index >= 0) return "phrase " + index.toString();
    }
    const expressions = this.expressions;
    if (expressions !== null) {
      const matches = expressions.scan(text, 0, text.length, 1);
      if (matches.length > 0) return "pattern " + matches[0].pattern.toString();
    }
    return "";
  }

  free(): void {
    const expressions = this.expressions;
    if (expressions !== null) expressions.free();
  }
}

/** Text that a scan of an expression may hold back before it is masked as a whole. */
const HOLD_LIMIT = 64 * 1024;

/**
 * Masks one text that arrives in pieces: what cannot begin a match any more comes out, with matches replaced, the rest
 * is held back. Overlapping matches become one replacement.
 */
export class Mask {
  private held: Bytes = new Bytes(32);
  /** Offset of `held` in the text. */
  private base: i32 = 0;
  private scan: PhraseScan | null = null;
  private stream: PatternStream | null = null;
  /** Offset in the text at which `stream` began. */
  private streamBase: i32 = 0;
  /** Start and end of matches that are not out yet, by start. */
  private matches: Array<i32> = [];
  private found: Array<i32> = [];
  /** Text before this offset is stood for by a replacement that is out. */
  private covered: i32 = 0;
  /** Last three bytes of the text so far, when they are the first half of a surrogate pair. */
  private half: Bytes = new Bytes(3);

  constructor(private rules: Rules, private replacement: Bytes) {
    const phrases = rules.phrases;
    if (phrases !== null) this.scan = new PhraseScan(phrases);
    this.open();
  }

  private open(): void {
    const expressions = this.rules.expressions;
    if (expressions !== null) this.stream = expressions.open();
  }

  /** Whether text is held back. */
  get holds(): bool {
    return this.held.length > 0 || this.half.length > 0;
  }

  /** Takes a piece and appends what may be shown to `out`. */
  feed(piece: Bytes, out: Bytes): void {
    const from = this.held.length;
    this.join(piece);
    let safe = this.look(from, false);
    if (this.base + this.held.length - safe > HOLD_LIMIT) safe = this.giveUp(safe);
    this.release(safe, out);
  }

  /** Takes a piece and lets nothing out; returns the offset of its end, for `release`. */
  take(piece: Bytes): i32 {
    const from = this.held.length;
    this.join(piece);
    this.look(from, false);
    return this.base + this.held.length;
  }

  /** Ends the text: all matches are known now. */
  complete(): void {
    const from = this.held.length;
    this.held.appendBytes(this.half);
    this.half.clear();
    this.look(from, true);
    this.close();
  }

  /** Ends the text and appends the rest to `out`. */
  finish(out: Bytes): void {
    this.complete();
    this.release(this.base + this.held.length, out);
  }

  /** Looks for matches in what is new; returns the offset before which no further one begins. */
  private look(from: i32, end: bool): i32 {
    const to = this.held.length;
    let safe = this.base + to;
    this.found.length = 0;
    const scan = this.scan;
    if (scan !== null) {
      scan.feed(this.held, from, to, this.found);
      safe = scan.safe;
    }
    const stream = this.stream;
    if (stream !== null) {
      this.feedStream(stream, from, to, end);
      safe = min(safe, this.streamBase + <i32>stream.safe);
    }
    this.sortIn();
    return safe;
  }

  /** Gives back what the host holds. */
  close(): void {
    const stream = this.stream;
    if (stream !== null) stream.close();
    this.stream = null;
  }

  /** Appends a piece to `held`; halves of a surrogate pair that two pieces bring become the one character they are. */
  private join(piece: Bytes): void {
    let from = 0, to = piece.length;
    if (this.half.length > 0 && to > 0) {
      if (to >= 3 && piece[0] == 0xed && piece[1] >= 0xb0) {
        const high = (<i32>(this.half[1] & 0x0f) << 6) | <i32>(this.half[2] & 0x3f);
        const low = (<i32>(piece[1] & 0x0f) << 6) | <i32>(piece[2] & 0x3f);
        this.held.appendCodePoint(0x10000 + (high << 10) + low);
        from = 3;
      } else {
        this.held.appendBytes(this.half);
      }
      this.half.clear();
    }
    if (to - from >= 3 && piece[to - 3] == 0xed && piece[to - 2] >= 0xa0 && piece[to - 2] < 0xb0) {
      this.half.appendBytes(piece, to - 3, to);
      to -= 3;
    }
    this.held.appendBytes(piece, from, to);
  }

  private feedStream(stream: PatternStream, from: i32, to: i32, end: bool): void {
    const matches = stream.feed(this.held, from, to, end);
    for (let i = 0; i < matches.length; i++) {
      this.found.push(this.streamBase + <i32>matches[i].start);
      this.found.push(this.streamBase + <i32>matches[i].end);
    }
  }

  private sortIn(): void {
    const matches = this.matches, found = this.found;
    for (let i = 0; i < found.length; i += 2) {
      let at = matches.length;
      matches.push(0);
      matches.push(0);
      while (at > 0 && matches[at - 2] > found[i]) {
        matches[at] = matches[at - 2];
        matches[at + 1] = matches[at - 1];
        at -= 2;
      }
      matches[at] = found[i];
      matches[at + 1] = found[i + 1];
    }
  }

  /** An expression wants more text than may be held: what is held from `safe` on counts as its match. */
  private giveUp(safe: i32): i32 {
    const end = this.base + this.held.length;
    this.found.length = 0;
    this.found.push(safe);
    this.found.push(end);
    this.sortIn();
    this.close();
    this.streamBase = end;
    this.open();
    return end;
  }

  /** Appends the text before `safe` to `out`; a match counts to where it begins. */
  release(safe: i32, out: Bytes): void {
    const matches = this.matches;
    let position = this.base, done = 0;
    for (; done < matches.length && matches[done] < safe; done += 2) {
      const start = matches[done], end = matches[done + 1];
      if (start >= this.covered) {
        this.show(max(position, this.covered), start, out);
        out.appendBytes(this.replacement);
        position = start;
      }
      this.covered = max(this.covered, end);
    }
    if (done > 0) matches.splice(0, done);
    this.show(max(position, this.covered), safe, out);
    this.held.discard(safe - this.base);
    this.base = safe;
  }

  private show(from: i32, to: i32, out: Bytes): void {
    if (from < to) out.appendBytes(this.held, from - this.base, to - this.base);
  }
}
