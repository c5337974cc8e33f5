import { Bytes, JsonReader, JsonToken, writeJsonString } from "@sluice/assemblyscript";
import { Mask, Rules } from "./rules";

/** Texts of a choice, each of which is one text over all events. */
export enum Channel {
  Content,
  Refusal,
  ReasoningContent,
  Reasoning,
  ReasoningDetails,
  Transcript,
  /** Not a text that is masked: tool calls, ids, roles. */
  None,
}

/** Choices and channels that one answer may have. */
const MAX_MASKS = 1024;

/** The masks of one answer: a text for each choice and channel, from its first piece to its end. */
export class Masks {
  // Few: looked through one by one.
  private masks: Array<Mask> = [];
  private keys: Array<i32> = [];

  constructor(readonly rules: Rules, readonly replacement: Bytes) {}

  get size(): i32 {
    return this.masks.length;
  }

  at(place: i32): Mask {
    return this.masks[place];
  }

  choice(place: i32): i32 {
    return this.keys[place] >> 3;
  }

  channel(place: i32): Channel {
    return this.keys[place] & 7;
  }

  /** Returns the place of a text that is going on, or -1. */
  find(choice: i32, channel: Channel): i32 {
    return this.keys.indexOf((choice << 3) | channel);
  }

  /** Returns a text, begun if need be; null when there are too many. */
  get(choice: i32, channel: Channel): Mask | null {
    const place = this.find(choice, channel);
    if (place >= 0) return this.masks[place];
    if (this.size == MAX_MASKS) return null;
    const mask = new Mask(this.rules, this.replacement);
    this.masks.push(mask);
    this.keys.push((choice << 3) | channel);
    return mask;
  }

  /** Ends the text at a place and appends what it held to `out`. */
  finish(place: i32, out: Bytes): void {
    this.masks[place].finish(out);
    this.masks.splice(place, 1);
    this.keys.splice(place, 1);
  }

  /** Whether any text is held back. */
  get holds(): bool {
    for (let i = 0; i < this.masks.length; i++) {
      if (this.masks[i].holds) return true;
    }
    return false;
  }

  close(): void {
    for (let i = 0; i < this.masks.length; i++) this.masks[i].close();
    this.masks.length = 0;
    this.keys.length = 0;
  }
}

/** A string of a choice that is masked. */
class Piece {
  out: Bytes = new Bytes(64);
  /** Where it ends in the whole text of its channel, when that is known. */
  boundary: i32 = 0;

  constructor(readonly choice: i32, readonly channel: Channel, readonly start: i32, readonly end: i32) {}
}

/** One element of `choices`, in the order of the text. */
class Choice {
  index: i32;
  finished: bool = false;
  logprobsStart: i32 = 0;
  logprobsEnd: i32 = 0;
  changed: bool = false;

  constructor(ordinal: i32) {
    this.index = ordinal;
  }
}

/** Masks one JSON document with `choices`: a whole answer, or the data of one event. */
export class AnswerEditor {
  /** Why the document cannot be read, or empty. */
  error: string = "";
  /** Whether it has more texts than can be kept apart; what it brought is lost then. */
  overflow: bool = false;
  /** Whether it has choices at all. */
  hasChoices: bool = false;
  /** The document with its texts masked, when `edit` answered true. */
  readonly result: Bytes = new Bytes(1024);

  private reader: JsonReader = new JsonReader();
  private pieces: Array<Piece> = [];
  private choices: Array<Choice> = [];
  private text: Bytes = new Bytes(256);

  /**
   * Masks a document.
   *
   * @param whole whether each text of the document is complete; else it goes on in the next document, unless its choice
   *     has finished
   * @param flush takes choice and channel of texts that end here but have no string here to hold their rest
   * @return whether `result` differs from the document
   */
  edit(document: Bytes, from: i32, to: i32, masks: Masks, whole: bool, flush: Array<i32>): bool {
    this.error = "";
    this.hasChoices = false;
    this.pieces.length = 0;
    this.choices.length = 0;
    if (!this.collect(document, from, to)) return false;
    for (let i = 0; i < this.pieces.length; i++) {
      if (!this.mask(document, this.pieces[i], masks, whole)) return false;
    }
    if (whole) this.distribute(masks);
    for (let i = 0; i < this.choices.length; i++) {
      if (whole || this.choices[i].finished) this.finish(i, masks, flush);
    }
    return this.assemble(document, from, to);
  }

  private mask(document: Bytes, piece: Piece, masks: Masks, whole: bool): bool {
    const mask = masks.get(this.choices[piece.choice].index, piece.channel);
    if (mask === null) {
      this.error = "more than " + MAX_MASKS.toString() + " texts";
      this.overflow = true;
      return false;
    }
    this.reader.reset(document, piece.start, piece.end).next();
    this.reader.decode(this.text.clear());
    if (whole) piece.boundary = mask.take(this.text);
    else mask.feed(this.text, piece.out);
    return true;
  }

  /** Gives each string of a whole document its own part of the masked text. */
  private distribute(masks: Masks): void {
    for (let i = 0; i < masks.size; i++) masks.at(i).complete();
    for (let i = 0; i < this.pieces.length; i++) {
      const piece = this.pieces[i];
      masks.at(masks.find(this.choices[piece.choice].index, piece.channel)).release(piece.boundary, piece.out);
    }
  }

  /** Ends the texts of a choice; what they held goes into their last string here. */
  private finish(ordinal: i32, masks: Masks, flush: Array<i32>): void {
    const index = this.choices[ordinal].index;
    for (let channel = 0; channel < <i32>Channel.None; channel++) {
      const place = masks.find(index, channel);
      if (place < 0) continue;
      let last: Piece | null = null;
      for (let i = 0; i < this.pieces.length; i++) {
        if (this.pieces[i].choice == ordinal && this.pieces[i].channel == channel) last = this.pieces[i];
      }
      if (last !== null) masks.finish(place, last.out);
      else if (masks.at(place).holds) {
        flush.push(index);
        flush.push(channel);
      } else masks.finish(place, this.text.clear());
    }
  }

  private assemble(document: Bytes, from: i32, to: i32): bool {
    let changed = false, at = from;
    const out = this.result.clear();
    for (let c = 0, p = 0; c < this.choices.length; c++) {
      const choice = this.choices[c];
      const first = p;
      for (; p < this.pieces.length && this.pieces[p].choice == c; p++) {
        if (this.differs(document, this.pieces[p])) choice.changed = true;
      }
      // The probabilities name the tokens of the text, so they go with it.
      const logprobs = choice.changed && choice.logprobsEnd > 0;
      let pending = logprobs;
      for (let i = first; i <= p; i++) {
        if (pending && (i == p || choice.logprobsStart < this.pieces[i].start)) {
          out.appendBytes(document, at, choice.logprobsStart).append("null");
          at = choice.logprobsEnd;
          pending = false;
        }
        if (i == p || !this.differs(document, this.pieces[i])) continue;
        const piece = this.pieces[i];
        out.appendBytes(document, at, piece.start);
        writeJsonString(out, piece.out, 0, piece.out.length);
        at = piece.end;
      }
      changed = changed || choice.changed;
    }
    if (changed) out.appendBytes(document, at, to);
    return changed;
  }

  private differs(document: Bytes, piece: Piece): bool {
    this.reader.reset(document, piece.start, piece.end).next();
    this.reader.decode(this.text.clear());
    const out = piece.out;
    return out.length != this.text.length || memory.compare(out.ptr, this.text.ptr, out.length) != 0;
  }

  /** Finds the choices and their strings. */
  private collect(document: Bytes, from: i32, to: i32): bool {
    const reader = this.reader.reset(document, from, to);
    if (reader.next() != JsonToken.ObjectStart) return this.fail("expected a JSON object");
    while (reader.next() == JsonToken.Key) {
      const choices = reader.equals("choices");
      if (reader.next() == JsonToken.ArrayStart && choices) {
        this.hasChoices = true;
        while (reader.next() != JsonToken.ArrayEnd) {
          if (reader.token == JsonToken.ObjectStart) this.collectChoice();
          if (!reader.skip()) return this.fail("");
        }
      } else if (!reader.skip()) return this.fail("");
    }
    return reader.token == JsonToken.ObjectEnd && reader.next() == JsonToken.End ? true : this.fail("");
  }

  private fail(what: string): bool {
    const reader = this.reader;
    this.error = what.length > 0 ? what : "not valid JSON at byte " + reader.start.toString() + ": " + reader.error;
    return false;
  }

  /** Reads one choice up to its end, at which the reader then stands. */
  private collectChoice(): void {
    const reader = this.reader, ordinal = this.choices.length;
    const choice = new Choice(ordinal);
    this.choices.push(choice);
    while (reader.next() == JsonToken.Key) {
      const index = reader.equals("index"), finish = reader.equals("finish_reason"), logprobs = reader.equals("logprobs");
      const message = reader.equals("message") || reader.equals("delta");
      const token = reader.next();
      const start = reader.start;
      if (message && token == JsonToken.ObjectStart) this.collectMessage(ordinal);
      else {
        if (index && token == JsonToken.Number) choice.index = <i32>reader.number();
        if (finish) choice.finished = token != JsonToken.Null;
        if (!reader.skip()) return;
        if (logprobs && token != JsonToken.Null) {
          choice.logprobsStart = start;
          choice.logprobsEnd = reader.end;
        }
      }
    }
  }

  private collectMessage(choice: i32): void {
    const reader = this.reader;
    while (reader.next() == JsonToken.Key) {
      const channel = channelOf(reader);
      const token = reader.next();
      if (channel == Channel.None) {
        if (!reader.skip()) return;
      } else if (token == JsonToken.String) {
        if (channel != Channel.Transcript) this.pieces.push(new Piece(choice, channel, reader.start, reader.end));
      } else if (token == JsonToken.ArrayStart || token == JsonToken.ObjectStart) {
        this.collectParts(choice, channel);
      }
    }
  }

  /** Finds the strings `text`, `refusal`, `content` and `transcript` of a list of parts, or of one. */
  private collectParts(choice: i32, channel: Channel): void {
    const reader = this.reader, outside = reader.depth - 1;
    let text = false;
    while (reader.next() != JsonToken.Error && reader.depth > outside) {
      if (reader.token == JsonToken.Key) {
        text = reader.equals("text") || reader.equals("refusal") || reader.equals("content")
          || reader.equals("transcript") || reader.equals("summary");
      } else if (reader.token == JsonToken.String && text) {
        this.pieces.push(new Piece(choice, channel, reader.start, reader.end));
      }
    }
  }
}

function channelOf(reader: JsonReader): Channel {
  if (reader.equals("content")) return Channel.Content;
  if (reader.equals("refusal")) return Channel.Refusal;
  if (reader.equals("reasoning_content")) return Channel.ReasoningContent;
  if (reader.equals("reasoning")) return Channel.Reasoning;
  if (reader.equals("reasoning_details")) return Channel.ReasoningDetails;
  if (reader.equals("audio")) return Channel.Transcript;
  return Channel.None;
}

/**
 * Appends a document like `template`, whose only choice brings `text` in one channel: how text that was held back leaves
 * when no further event of its choice has a place for it. Ids, model and unknown members are those of the template.
 */
export function writeRest(template: Bytes, from: i32, to: i32, choice: i32, channel: Channel, text: Bytes, out: Bytes): void {
  const reader = new JsonReader().reset(template, from, to);
  reader.next();
  out.appendByte(0x7b);
  let comma = false, placed = false;
  while (reader.next() == JsonToken.Key) {
    const start = reader.start;
    const choices = reader.equals("choices"), usage = reader.equals("usage");
    if (choices && placed) {
      reader.next();
      reader.skip();
      continue;
    }
    if (comma) out.appendByte(0x2c);
    comma = true;
    const keyEnd = reader.end;
    reader.next();
    reader.skip();
    if (choices) {
      writeChoice(choice, channel, text, out);
      placed = true;
    } else if (usage) out.appendBytes(template, start, keyEnd).append(":null");
    else out.appendBytes(template, start, reader.end);
  }
  out.appendByte(0x7d);
}

function writeChoice(choice: i32, channel: Channel, text: Bytes, out: Bytes): void {
  out.append('"choices":[{"index":' + choice.toString() + ',"delta":');
  let close = "}";
  if (channel == Channel.Content) out.append('{"content":');
  else if (channel == Channel.Refusal) out.append('{"refusal":');
  else if (channel == Channel.ReasoningContent) out.append('{"reasoning_content":');
  else if (channel == Channel.Reasoning) out.append('{"reasoning":');
  else if (channel == Channel.ReasoningDetails) {
    out.append('{"reasoning_details":[{"type":"reasoning.text","text":');
    close = "}]}";
  } else {
    out.append('{"audio":{"transcript":');
    close = "}}";
  }
  writeJsonString(out, text, 0, text.length);
  out.append(close + ',"finish_reason":null}]');
}
