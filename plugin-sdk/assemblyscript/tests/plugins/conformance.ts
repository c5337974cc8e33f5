// Sends values of every type of the encoding (plugin-sdk/ABI.md) through the host and back, and refuses to start when one
// comes back as another.
import { Bytes, callForeignFunction, Config, Decoder, Encoder, log, LogLevel, registerPlugin, RootContext, Status } from "../../assembly/index";
export * from "../../assembly/exports";

const SMALL: u64[] = [0, 1, 127, 128, 255];
const WIDE: u64[] = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, u64.MAX_VALUE];
const FLOATS: f64[] = [0, -0.0, 1.5, -1e-310, 1e308, f64.EPSILON, Infinity, -Infinity, NaN];
const TEXTS: string[] = ["", "a", "zwölf Boxkämpfer", "\u0000", "日本語", "🦜🦜", "x".repeat(70000)];

class Plugin extends RootContext {
  private trips: i32 = 0;

  onConfigure(config: Config): bool {
    const rounds = max(max(SMALL.length, WIDE.length), max(FLOATS.length, TEXTS.length));
    for (let i = 0; i < rounds; i++) {
      const ok = this.trip(<u8>SMALL[i % SMALL.length], <u32>WIDE[i % WIDE.length], WIDE[i % WIDE.length],
        FLOATS[i % FLOATS.length], TEXTS[i % TEXTS.length], i);
      if (!ok) {
        log(LogLevel.Error, "values of round " + i.toString() + " came back changed");
        return false;
      }
    }
    log(LogLevel.Info, "conformance: " + this.trips.toString() + " round trips");
    return this.refusesWhatIsMalformed();
  }

  private trip(a: u8, b: u32, c: u64, d: f64, text: string, elements: i32): bool {
    const blob = new Bytes();
    for (let i = 0; i < 300; i++) blob.appendByte(<u8>i);
    const sent = new Encoder().u8(a).u32(b).u64(c).f64(d).blob(blob).string(text).u32(elements);
    for (let i = 0; i < elements; i++) sent.u32(<u32>i * 0x10000001).string(TEXTS[i % TEXTS.length]);
    const absent = (elements & 1) == 0;
    sent.u8(absent ? 0 : 1);
    if (!absent) sent.string(text);

    const answer = new Bytes();
    if (callForeignFunction("sluice.host.echo", sent.bytes, answer) != Status.Ok) return false;
    const back = new Decoder(answer);
    let same = back.u8() == a && back.u32() == b && back.u64() == c && back.u64() == reinterpret<u64>(d);
    const bytes = back.blob();
    same = same && bytes.length == blob.length && memory.compare(bytes.ptr, blob.ptr, blob.length) == 0;
    same = same && back.string() == text && back.u32() == <u32>elements;
    for (let i = 0; i < elements; i++) {
      same = same && back.u32() == <u32>i * 0x10000001 && back.string() == TEXTS[i % TEXTS.length];
    }
    same = same && back.u8() == (absent ? 0 : 1) && (absent || back.string() == text);
    this.trips++;
    return same && !back.broken && answer.length == sent.bytes.length;
  }

  /** Every truncation of a message, and one byte too many, is BadArgument. */
  private refusesWhatIsMalformed(): bool {
    const whole = new Encoder().u8(1).u32(2).u64(3).f64(4).blob(new Bytes()).string("ü").u32(1).u32(7).string("x").u8(1).string("y").bytes;
    for (let length = 0; length <= whole.length + 1; length++) {
      const cut = new Bytes();
      cut.appendBytes(whole, 0, min(length, whole.length));
      if (length > whole.length) cut.appendByte(0);
      const status = callForeignFunction("sluice.host.echo", cut, new Bytes());
      if (status != (length == whole.length ? Status.Ok : Status.BadArgument)) {
        log(LogLevel.Error, "a message cut to " + length.toString() + " bytes was answered with status " + (<i32>status).toString());
        return false;
      }
    }
    return true;
  }
}

registerPlugin(() => new Plugin());
