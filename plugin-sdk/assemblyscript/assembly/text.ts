import { Bytes } from "./bytes";
import { ServiceCall } from "./callout";
import { Decoder, Encoder } from "./codec";
import { callForeignFunction } from "./foreign";
import { Status } from "./types";

/**
 * Asks for the tokens of a text (ABI.md, Tokens; needs the grant `tokens`). Extend it:
 *
 * ```ts
 * class Prompt extends TokenCount {
 *   constructor(private stream: MyStream) { super(); }
 *   onTokens(status: Status, tokens: u64): void { …; this.stream.continueRequest(); }
 * }
 * new Prompt(this).count("gpt-4o", text);
 * ```
 */
export abstract class TokenCount extends ServiceCall {
  /** Takes the estimate; 0 when `status` is not `Ok`. */
  abstract onTokens(status: Status, tokens: u64): void;

  /** Asks; other than `Ok` when the host refuses at once. */
  count(model: string, text: string): Status {
    return this.send("sluice.tokens.count", new Encoder().string(model).string(text));
  }

  onResult(status: Status, result: Decoder): void {
    this.onTokens(status, status == Status.Ok ? result.u64() : 0);
  }
}

/** Says by which model texts are embedded; part of the key of whatever is kept with the vectors. */
export class EmbedderModel {
  /** @param dimensions 0 when they are not known before the first answer */
  constructor(readonly name: string, readonly dimensions: u32) {}
}

/** Returns the model of the embedder, or null without the grant `embed` or on other hosts. */
export function embedderModel(): EmbedderModel | null {
  const bytes = new Bytes();
  if (callForeignFunction("sluice.embed.model", new Encoder().bytes, bytes) != Status.Ok) return null;
  const answer = new Decoder(bytes);
  return new EmbedderModel(answer.string(), answer.u32());
}

/** Asks for vectors of texts (ABI.md, Embeddings; needs the grant `embed`). Extend it, as `TokenCount`. */
export abstract class Embedding extends ServiceCall {
  /** Takes a vector of unit length for each text, in order; none when `status` is not `Ok`. */
  abstract onVectors(status: Status, vectors: Array<StaticArray<f32>>): void;

  /** Asks; other than `Ok` when the host refuses at once. */
  embed(texts: Array<string>): Status {
    const encoder = new Encoder().u32(texts.length);
    for (let i = 0; i < texts.length; i++) encoder.string(texts[i]);
    return this.send("sluice.embed.embed", encoder);
  }

  onResult(status: Status, result: Decoder): void {
    const vectors: Array<StaticArray<f32>> = [];
    const count = status == Status.Ok ? <i32>result.u32() : 0;
    for (let i = 0; i < count && !result.broken; i++) vectors.push(result.floats());
    this.onVectors(status, vectors);
  }
}
