import { Bytes } from "./bytes";
import { Decoder, Encoder } from "./codec";
import { callForeignFunction } from "./foreign";
import { Status } from "./types";

/** How a pattern is read. */
export enum PatternKind {
  /** Character by character. */
  Literal = 0,
  /** As an RE2 expression. */
  Expression = 1,
}

/** Is one pattern of a set. */
export class Pattern {
  constructor(
    readonly kind: PatternKind,
    readonly text: string,
    readonly ignoreCase: bool = false,
    readonly wholeWord: bool = false,
  ) {}
}

/** Is one match: `[start, end)` in bytes of the text, and the pattern's index in the set. */
export class Match {
  constructor(readonly pattern: u32, readonly start: u64, readonly end: u64) {}
}

/** Many patterns, compiled by the host (ABI.md, Patterns). Compile in `onConfigure`; `free` when replaced. */
export class PatternSet {
  private constructor(private id: u32) {}

  /** Status of the last `compile`: `NotFound` on a host without the patterns service, `BadArgument` for a bad pattern. */
  static status: Status = Status.Ok;

  /** Returns null when the host refuses; it logs why, `status` says what kind of refusal it was. */
  static compile(patterns: Array<Pattern>): PatternSet | null {
    const encoder = new Encoder().u32(patterns.length);
    for (let i = 0; i < patterns.length; i++) {
      const pattern = patterns[i];
      encoder.u8(<u8>pattern.kind).u8((pattern.ignoreCase ? 1 : 0) | (pattern.wholeWord ? 2 : 0)).string(pattern.text);
    }
    const answer = new Bytes();
    PatternSet.status = callForeignFunction("sluice.patterns.compile", encoder.bytes, answer);
    return PatternSet.status == Status.Ok ? new PatternSet(new Decoder(answer).u32()) : null;
  }

  /** Returns the matches in `text[from, to)`, whose offsets count from `from`; at most `limit`, 0 for the host's most. */
  scan(text: Bytes, from: i32 = 0, to: i32 = i32.MAX_VALUE, limit: u32 = 0): Array<Match> {
    const answer = call("sluice.patterns.scan", new Encoder().u32(this.id).u32(limit).blob(text, from, to));
    const count = <i32>answer.u32();
    const matches: Array<Match> = [];
    for (let i = 0; i < count && !answer.broken; i++) matches.push(new Match(answer.u32(), answer.u32(), answer.u32()));
    return matches;
  }

  /** Opens a scan over a text that arrives in pieces. */
  open(): PatternStream {
    return new PatternStream(call("sluice.patterns.open", new Encoder().u32(this.id)).u32());
  }

  /** Gives the set back to the host. */
  free(): void {
    callForeignFunction("sluice.patterns.free", new Encoder().u32(this.id).bytes, new Bytes());
  }
}

/** Scans a text in pieces, cut anywhere; offsets count from the first piece. */
export class PatternStream {
  /** Offset before which no match begins that is yet to come. */
  safe: u64 = 0;

  constructor(private id: u32) {}

  /** Takes `piece[from, to)` and returns the matches that became certain. */
  feed(piece: Bytes, from: i32, to: i32, end: bool): Array<Match> {
    const answer = call("sluice.patterns.feed", new Encoder().u32(this.id).blob(piece, from, to).u8(end ? 1 : 0));
    this.safe = answer.u64();
    const count = <i32>answer.u32();
    const matches: Array<Match> = [];
    for (let i = 0; i < count && !answer.broken; i++) matches.push(new Match(answer.u32(), answer.u64(), answer.u64()));
    return matches;
  }

  /** Ends the scan; the host does it as well when the exchange is over. */
  close(): void {
    callForeignFunction("sluice.patterns.close", new Encoder().u32(this.id).bytes, new Bytes());
  }
}

/** Calls the service; a refusal fails the callback, so that a guard never goes on without its answer. */
function call(name: string, args: Encoder): Decoder {
  const answer = new Bytes();
  const status = callForeignFunction(name, args.bytes, answer);
  assert(status == Status.Ok, name + " answered status " + (<i32>status).toString());
  return new Decoder(answer);
}
