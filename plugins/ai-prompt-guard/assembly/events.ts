import { Bytes } from "@sluice/assemblyscript";
import { AnswerEditor, Channel, Masks, writeRest } from "./answer";
import { Mask } from "./rules";

/** Bytes that one event may have. */
const MAX_EVENT = 1024 * 1024;

const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

/**
 * Masks a stream of server-sent events (WHATWG HTML, 9.2) that carries chat completion chunks. Bytes go in as they come,
 * cut anywhere; each event goes out as soon as its last byte is in. An event whose texts stay as they are passes byte for
 * byte; comments, other fields and line ends always do.
 */
export class EventStream {
  /** Why the stream cannot go on, or empty. */
  error: string = "";

  private input: Bytes = new Bytes(1024);
  /** How far the input has been looked through. */
  private at: i32 = 0;
  private lineStart: i32 = 0;
  private afterCr: bool = false;
  private first: bool = true;
  private editor: AnswerEditor = new AnswerEditor();
  private flush: Array<i32> = [];
  private data: Bytes = new Bytes(64);
  private rest: Bytes = new Bytes(64);
  /** The last chunk, while text is held back. */
  private template: Bytes = new Bytes(64);
  private eol: string = "\n";

  constructor(private masks: Masks) {}

  /** Takes bytes and appends those that may go on to `out`. */
  feed(chunk: Bytes, out: Bytes): void {
    this.input.appendBytes(chunk);
    while (this.at < this.input.length) {
      const c = this.input[this.at++];
      if (c == LF && this.afterCr) {
        this.afterCr = false;
        this.endCrLf(out);
        continue;
      }
      this.afterCr = c == CR;
      if (c != CR && c != LF) continue;
      const blank = this.at - 1 == this.lineStart;
      this.lineStart = this.at;
      if (blank) this.endEvent(out);
      if (this.error.length > 0) return;
    }
    if (this.input.length > MAX_EVENT) this.error = "an event of more than 1 MiB";
  }

  /** The line feed of a CRLF whose carriage return has ended a line, or an event. */
  private endCrLf(out: Bytes): void {
    this.eol = "\r\n";
    if (this.at == 1) {
      out.appendByte(LF);
      this.consume();
    } else {
      this.lineStart = this.at;
    }
  }

  private consume(): void {
    this.input.discard(this.at);
    this.at = 0;
    this.lineStart = 0;
  }

  private endEvent(out: Bytes): void {
    this.event(this.at, out);
    this.consume();
  }

  /** Ends the stream: an event without its blank line counts, text held back comes out. */
  finish(out: Bytes): void {
    if (this.input.length > 0 && this.error.length == 0) {
      const size = this.input.length;
      // Half a chunk may hold half a phrase; no client takes it for an event either.
      if (this.complete(size)) {
        const ended = this.lineStart == size;
        this.event(size, out);
        if (this.masks.holds) out.append(ended ? this.eol : this.eol + this.eol);
      }
      this.input.clear();
    }
    this.release(out);
  }

  /** Gives back what the host holds. */
  close(): void {
    this.masks.close();
  }

  /** Whether the last event, which has no blank line, has all its data. */
  private complete(size: i32): bool {
    let start = 0, end = 0;
    for (let line = 0; line < size; line = this.nextLine(line, size)) {
      if (this.isData(line, size)) {
        start = this.dataStart(line, size);
        end = this.lineEnd(line, size);
      }
    }
    if (end == 0 || this.isDone(start, end)) return true;
    const editor = new AnswerEditor();
    editor.edit(this.input, start, end, new Masks(this.masks.rules, this.masks.replacement), false, []);
    return editor.error.length == 0;
  }

  private event(size: i32, out: Bytes): void {
    let lines = 0, start = 0, end = 0;
    for (let line = 0; line < size; line = this.nextLine(line, size)) {
      if (!this.isData(line, size)) continue;
      if (lines++ > 0) continue;
      start = this.dataStart(line, size);
      end = this.lineEnd(line, size);
    }
    this.first = false;
    if (lines == 0) {
      out.appendBytes(this.input, 0, size);
    } else if (lines == 1) {
      this.edit(this.input, start, end, size, true, out);
    } else {
      this.data.clear();
      for (let line = 0; line < size; line = this.nextLine(line, size)) {
        if (!this.isData(line, size)) continue;
        if (this.data.length > 0) this.data.appendByte(LF);
        this.data.appendBytes(this.input, this.dataStart(line, size), this.lineEnd(line, size));
      }
      this.edit(this.data, 0, this.data.length, size, false, out);
    }
  }

  /** Masks the data of an event of `size` bytes; `inPlace` when the data is one line of it. */
  private edit(data: Bytes, start: i32, end: i32, size: i32, inPlace: bool, out: Bytes): void {
    if (data == this.input && this.isDone(start, end)) {
      this.release(out);
      out.appendBytes(this.input, 0, size);
      return;
    }
    const editor = this.editor;
    this.flush.length = 0;
    const changed = editor.edit(data, start, end, this.masks, false, this.flush);
    if (editor.overflow) {
      this.error = editor.error;
      return;
    }
    if (editor.error.length > 0) {
      this.plain(data, start, end, size, inPlace, out);
      return;
    }
    for (let i = 0; i < this.flush.length; i += 2) {
      this.releaseOne(this.masks.find(this.flush[i], this.flush[i + 1]), data, start, end, out);
    }
    if (!changed) out.appendBytes(this.input, 0, size);
    else this.replace(start, end, size, inPlace, editor.result, out);
    if (!this.masks.holds) this.template.clear();
    else if (editor.hasChoices) this.template.clear().appendBytes(data, start, end);
  }

  /** Data that is no chunk: masked as the text it is. */
  private plain(data: Bytes, start: i32, end: i32, size: i32, inPlace: bool, out: Bytes): void {
    const text = new Bytes(end - start).appendBytes(data, start, end);
    const masked = new Bytes(text.length);
    const mask = new Mask(this.masks.rules, this.masks.replacement);
    mask.feed(text, masked);
    mask.finish(masked);
    if (masked.length == text.length && memory.compare(masked.ptr, text.ptr, text.length) == 0) {
      out.appendBytes(this.input, 0, size);
    } else {
      this.replace(start, end, size, inPlace, masked, out);
    }
  }

  private replace(start: i32, end: i32, size: i32, inPlace: bool, by: Bytes, out: Bytes): void {
    if (inPlace) {
      out.appendBytes(this.input, 0, start).appendBytes(by).appendBytes(this.input, end, size);
      return;
    }
    let written = false;
    for (let line = 0; line < size; line = this.nextLine(line, size)) {
      if (!this.isData(line, size)) {
        out.appendBytes(this.input, line, this.nextLine(line, size));
      } else if (!written) {
        written = true;
        this.writeData(by, out);
      }
    }
  }

  private writeData(text: Bytes, out: Bytes): void {
    for (let from = 0; from <= text.length; ) {
      const next = text.indexOf(LF, from);
      const to = next < 0 ? text.length : next;
      out.append("data: ").appendBytes(text, from, to).append(this.eol);
      from = to + 1;
    }
  }

  /** Lets out everything that is held back, as chunks like the last one. */
  private release(out: Bytes): void {
    for (let i = this.masks.size - 1; i >= 0; i--) {
      if (this.masks.at(i).holds) this.releaseOne(i, this.template, 0, this.template.length, out);
    }
    this.masks.close();
    this.template.clear();
  }

  private releaseOne(place: i32, like: Bytes, from: i32, to: i32, out: Bytes): void {
    const choice = this.masks.choice(place), channel = this.masks.channel(place);
    this.masks.finish(place, this.rest.clear());
    const chunk = new Bytes(256);
    writeRest(like, from, to, choice, channel, this.rest, chunk);
    this.writeData(chunk, out);
    out.append(this.eol);
  }

  // ---- lines of the event at hand

  private isData(line: i32, size: i32): bool {
    const start = this.afterBom(line);
    const end = this.lineEnd(line, size);
    return this.input.equals("data", start, min(start + 4, end)) && (end == start + 4 || this.input[start + 4] == 0x3a);
  }

  private dataStart(line: i32, size: i32): i32 {
    const end = this.lineEnd(line, size);
    let at = min(this.afterBom(line) + 5, end);
    if (at < end && this.input[at] == 0x20) at++;
    return at;
  }

  /** A byte order mark may stand at the very beginning of the stream. */
  private afterBom(line: i32): i32 {
    const mark = this.first && line == 0 && this.input.length >= 3
      && this.input[0] == 0xef && this.input[1] == 0xbb && this.input[2] == 0xbf;
    return mark ? 3 : line;
  }

  private lineEnd(line: i32, size: i32): i32 {
    let at = line;
    while (at < size && this.input[at] != CR && this.input[at] != LF) at++;
    return at;
  }

  private nextLine(line: i32, size: i32): i32 {
    let at = this.lineEnd(line, size);
    if (at == size) return size;
    const c = this.input[at++];
    return c == CR && at < size && this.input[at] == LF ? at + 1 : at;
  }

  private isDone(start: i32, end: i32): bool {
    let to = end;
    while (to > start && this.input[to - 1] == 0x20) to--;
    return this.input.equals("[DONE]", start, to);
  }
}
