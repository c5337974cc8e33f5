// The host's patterns service (ABI.md, Patterns) for tests, on JavaScript's regular expressions: pass `patterns()` as
// `foreign` to `Host.load`. A stream keeps its whole text and takes a match for certain once `window` characters
// follow it, so expressions in tests must not match more than that.

const BAD_ARGUMENT = 2;

export function patterns(window = 64) {
  const sets = new Map(), streams = new Map();
  let next = 1;
  const service = (run) => (bytes) => {
    const reader = new Reader(bytes);
    try {
      return reader.u8() === 1 ? Buffer.concat([Buffer.from([1]), ...run(reader)]) : BAD_ARGUMENT;
    } catch {
      return BAD_ARGUMENT;
    }
  };
  const known = (map, id) => {
    if (!map.has(id)) throw new Error(`unknown id ${id}`);
    return map.get(id);
  };
  return {
    "sluice.patterns.compile": service((args) => {
      const set = Array.from({ length: args.u32() }, () => compile(args.u8(), args.u8(), args.blob().toString()));
      sets.set(next, set);
      return [u32(next++)];
    }),
    "sluice.patterns.scan": service((args) => {
      const set = known(sets, args.u32()), limit = args.u32() || 65536, text = args.blob().toString();
      const matches = find(set, text).slice(0, limit);
      return [u32(matches.length), ...matches.flatMap((m) => [u32(m.pattern), u32(m.start), u32(m.end)])];
    }),
    "sluice.patterns.free": service((args) => (known(sets, args.u32()), [])),
    "sluice.patterns.open": service((args) => {
      streams.set(next, { set: known(sets, args.u32()), bytes: Buffer.alloc(0), sent: new Set() });
      return [u32(next++)];
    }),
    "sluice.patterns.feed": service((args) => {
      const stream = known(streams, args.u32());
      stream.bytes = Buffer.concat([stream.bytes, args.blob()]);
      const end = args.u8() === 1, size = stream.bytes.length;
      const sure = end ? size : Math.max(0, size - window);
      const fresh = find(stream.set, stream.bytes.toString()).filter(
        (m) => (end || m.end <= sure) && !stream.sent.has(`${m.pattern}:${m.start}`));
      fresh.forEach((m) => stream.sent.add(`${m.pattern}:${m.start}`));
      const open = find(stream.set, stream.bytes.toString()).filter((m) => m.end > sure).map((m) => m.start);
      const safe = end ? size : Math.min(sure, ...open);
      return [u64(safe), u32(fresh.length), ...fresh.flatMap((m) => [u32(m.pattern), u64(m.start), u64(m.end)])];
    }),
    "sluice.patterns.close": service((args) => {
      const id = args.u32();
      known(streams, id);
      streams.delete(id);
      return [];
    }),
  };
}

function compile(kind, flags, text) {
  const source = kind === 0 ? text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&") : text;
  const bounded = flags & 2 ? `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])` : source;
  return new RegExp(bounded, flags & 1 ? "giu" : "gu");
}

function find(set, text) {
  const offset = (index) => Buffer.byteLength(text.slice(0, index));
  return set
    .flatMap((regex, pattern) => [...text.matchAll(regex)].map((m) => (
      { pattern, start: offset(m.index), end: offset(m.index + m[0].length) })))
    .sort((a, b) => a.start - b.start || a.pattern - b.pattern);
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  u8() {
    return this.bytes.readUInt8(this.at++);
  }

  u32() {
    return this.bytes.readUInt32LE((this.at += 4) - 4);
  }

  blob() {
    const size = this.u32();
    return this.bytes.subarray(this.at, (this.at += size));
  }
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
