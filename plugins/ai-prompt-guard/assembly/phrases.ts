import { Bytes } from "@sluice/assemblyscript";
import { fold } from "./fold";

const ASCII = 128;
/** States up to which every step on ASCII is a look into a table: 256 bytes for each. */
const DENSE = 2048;

/**
 * Finds many phrases in UTF-8 text in one pass (Aho and Corasick 1975), by code points, with or without regard to case.
 * Compiled once per configuration; scans share it.
 */
export class PhraseSet {
  private states: i32 = 1;
  // Edges of the trie: open addressing over (state, code point).
  private edgeMask: i32;
  private edgeKeys: StaticArray<u64>;
  private edgeTargets: StaticArray<i32>;
  /** Edges of the root by ASCII character: most text never leaves it. */
  private root: StaticArray<i32> = new StaticArray<i32>(ASCII);
  /** For each byte whether a phrase may begin with it. */
  private begins: StaticArray<u8> = new StaticArray<u8>(256);
  /** The state after each ASCII character (of either case, where case is ignored), by state; or empty. */
  private dense: StaticArray<u16> = [];
  private fails: StaticArray<i32>;
  private depths: StaticArray<i32>;
  /** The longest phrase that ends in a state, as the state at whose end it was put in; 0 for none. */
  private ends: StaticArray<i32>;
  private phrases: StaticArray<i32>;
  /** Where a scan goes on from a state: the state itself, or the next shorter one that has edges. */
  private resumes: StaticArray<i32>;
  /** Code points of the longest phrase. */
  readonly longest: i32;

  /** @param phrases none of them empty */
  constructor(phrases: Array<string>, readonly ignoreCase: bool) {
    let total = 1;
    for (let i = 0; i < phrases.length; i++) total += phrases[i].length;
    let capacity = 16;
    while (capacity < total * 2) capacity *= 2;
    this.edgeMask = capacity - 1;
    this.edgeKeys = new StaticArray<u64>(capacity);
    this.edgeTargets = new StaticArray<i32>(capacity);
    this.fails = new StaticArray<i32>(total);
    this.depths = new StaticArray<i32>(total);
    this.ends = new StaticArray<i32>(total);
    this.phrases = new StaticArray<i32>(total);
    this.resumes = new StaticArray<i32>(total);
    this.longest = 0;
    const parents = new StaticArray<i32>(total);
    const labels = new StaticArray<i32>(total);
    let longest = 0;
    for (let i = 0; i < phrases.length; i++) longest = max(longest, this.insert(phrases[i], i, parents, labels));
    this.longest = longest;
    this.link(parents, labels);
    for (let c = 0; c < 256; c++) {
      // A character beyond ASCII may stand for one within it (the Kelvin sign for k), so all of them may begin one.
      this.begins[c] = c >= ASCII || this.root[ignoreCase ? fold(c) : c] != 0 ? 1 : 0;
    }
  }

  private insert(phrase: string, index: i32, parents: StaticArray<i32>, labels: StaticArray<i32>): i32 {
    let state = 0, depth = 0;
    for (let i = 0; i < phrase.length; depth++) {
      const raw = phrase.codePointAt(i);
      i += raw > 0xffff ? 2 : 1;
      const c = this.ignoreCase ? fold(raw) : raw;
      let next = this.edge(state, c);
      if (next == 0) {
        next = this.states++;
        this.addEdge(state, c, next);
        parents[next] = state;
        labels[next] = c;
        this.depths[next] = depth + 1;
        this.resumes[state] = state;
      }
      state = next;
    }
    if (this.ends[state] != state) {
      this.ends[state] = state;
      this.phrases[state] = index;
    }
    return depth;
  }

  /** Sets for each state where to go on when no edge fits: by depth, as a state's link is shallower than itself. */
  private link(parents: StaticArray<i32>, labels: StaticArray<i32>): void {
    const byDepth = new Array<i32>(this.states);
    for (let i = 0; i < this.states; i++) byDepth[i] = i;
    const depths = this.depths;
    const order = new StaticArray<i32>(this.longest + 2);
    for (let i = 0; i < this.states; i++) order[depths[i] + 1]++;
    for (let i = 1; i < order.length; i++) order[i] += order[i - 1];
    for (let i = 0; i < this.states; i++) byDepth[order[depths[i]]++] = i;
    for (let i = 1; i < this.states; i++) {
      const state = byDepth[i];
      const parent = parents[state];
      if (parent != 0) this.fails[state] = this.step(this.fails[parent], labels[state]);
      if (this.ends[state] == 0) this.ends[state] = this.ends[this.fails[state]];
      if (this.resumes[state] == 0) this.resumes[state] = this.resumes[this.fails[state]];
    }
    if (this.states <= DENSE) this.densify(byDepth);
  }

  private densify(byDepth: Array<i32>): void {
    const dense = new StaticArray<u16>(this.states * ASCII);
    for (let i = 0; i < this.states; i++) {
      const state = byDepth[i];
      for (let c = 0; c < ASCII; c++) {
        const next = this.edge(state, this.ignoreCase ? fold(c) : c);
        dense[state * ASCII + c] = <u16>(next != 0 || state == 0 ? next : dense[this.fails[state] * ASCII + c]);
      }
    }
    this.dense = dense;
  }

  private slot(key: u64): i32 {
    let i = <i32>((key * 0x9e3779b97f4a7c15) >> 40) & this.edgeMask;
    while (unchecked(this.edgeKeys[i]) != 0 && unchecked(this.edgeKeys[i]) != key) i = (i + 1) & this.edgeMask;
    return i;
  }

  @inline private edge(state: i32, c: i32): i32 {
    if (state == 0 && c < ASCII) return unchecked(this.root[c]);
    return unchecked(this.edgeTargets[this.slot(((<u64>state << 21) | <u64>c) + 1)]);
  }

  private addEdge(state: i32, c: i32, target: i32): void {
    if (state == 0 && c < ASCII) this.root[c] = target;
    const key = ((<u64>state << 21) | <u64>c) + 1;
    const slot = this.slot(key);
    this.edgeKeys[slot] = key;
    this.edgeTargets[slot] = target;
  }

  /** Returns the state after one more code point: the longest beginning of a phrase that the text ends with. */
  @inline next(state: i32, c: i32): i32 {
    if (c < ASCII && this.dense.length > 0) return unchecked(this.dense[state * ASCII + c]);
    return this.step(state, this.ignoreCase ? fold(c) : c);
  }

  private step(from: i32, c: i32): i32 {
    let state = from;
    while (true) {
      const next = this.edge(state, c);
      if (next != 0 || state == 0) return next;
      state = unchecked(this.fails[state]);
    }
  }

  /** Number of code points that a state stands for. */
  @inline depth(state: i32): i32 {
    return unchecked(this.depths[state]);
  }

  /** State of the longest phrase that ends here, or 0. */
  @inline end(state: i32): i32 {
    return unchecked(this.ends[state]);
  }

  /** Drops what no phrase goes on from: the end of a phrase need not be held back. */
  @inline resume(state: i32): i32 {
    return unchecked(this.resumes[state]);
  }

  /** Index of the phrase that ends in a state. */
  phrase(state: i32): i32 {
    return this.phrases[state];
  }

  /** Returns the index of a phrase in `text[from, to)`, or -1. */
  findIn(text: Bytes, from: i32, to: i32): i32 {
    let at = text.ptr + from;
    const last = text.ptr + to;
    const begins = changetype<usize>(this.begins);
    let state = 0;
    while (at < last) {
      if (state == 0) {
        while (at + 8 <= last && !begins8(begins, at)) at += 8;
        while (at < last && load<u8>(begins + load<u8>(at)) == 0) at++;
        if (at == last) break;
      }
      const c = codePoint(at);
      at += size(c);
      state = this.next(state, c);
      if (this.end(state) != 0) return this.phrase(this.end(state));
    }
    return -1;
  }
}

/** Scans a text in pieces of whole characters; offsets count bytes from the first piece. */
export class PhraseScan {
  private state: i32 = 0;
  private count: i32 = 0;
  private offset: i32 = 0;
  /** Offsets at which the last characters begin. */
  private starts: StaticArray<i32>;
  private mask: i32;

  constructor(private set: PhraseSet) {
    let capacity = 8;
    while (capacity < set.longest + 1) capacity *= 2;
    this.starts = new StaticArray<i32>(capacity);
    this.mask = capacity - 1;
  }

  /** Offset before which no later match begins. */
  get safe(): i32 {
    const depth = this.set.depth(this.state);
    return depth == 0 ? this.offset : this.starts[(this.count - depth) & this.mask];
  }

  /** Takes `text[from, to)` and appends start and end of each match to `found`; of several with one end, the longest. */
  feed(text: Bytes, from: i32, to: i32, found: Array<i32>): void {
    const set = this.set;
    const base = text.ptr;
    let at = base + from;
    const last = base + to;
    while (at < last) {
      const c = codePoint(at);
      const bytes = <i32>size(c);
      unchecked((this.starts[this.count & this.mask] = this.offset));
      this.count++;
      this.offset += bytes;
      at += bytes;
      this.state = set.next(this.state, c);
      const end = set.end(this.state);
      if (end != 0) {
        found.push(this.starts[(this.count - set.depth(end)) & this.mask]);
        found.push(this.offset);
        this.state = set.resume(this.state);
      }
    }
  }
}

// @ts-ignore: decorator
@inline function begins8(table: usize, at: usize): bool {
  return (load<u8>(table + load<u8>(at)) | load<u8>(table + load<u8>(at, 1)) | load<u8>(table + load<u8>(at, 2))
    | load<u8>(table + load<u8>(at, 3)) | load<u8>(table + load<u8>(at, 4)) | load<u8>(table + load<u8>(at, 5))
    | load<u8>(table + load<u8>(at, 6)) | load<u8>(table + load<u8>(at, 7))) != 0;
}

/** Reads the character at an address; the text is UTF-8 or WTF-8. */
// @ts-ignore: decorator
@inline function codePoint(at: usize): i32 {
  const a = <i32>load<u8>(at);
  if (a < 0x80) return a;
  if (a < 0xe0) return ((a & 0x1f) << 6) | (<i32>load<u8>(at, 1) & 0x3f);
  const middle = (<i32>load<u8>(at, 1) & 0x3f) << 6;
  if (a < 0xf0) return ((a & 0x0f) << 12) | middle | (<i32>load<u8>(at, 2) & 0x3f);
  return ((a & 0x07) << 18) | (middle << 6) | ((<i32>load<u8>(at, 2) & 0x3f) << 6) | (<i32>load<u8>(at, 3) & 0x3f);
}

/** Bytes of a character in UTF-8. */
// @ts-ignore: decorator
@inline function size(c: i32): usize {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}
