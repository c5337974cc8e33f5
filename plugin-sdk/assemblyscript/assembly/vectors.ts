import { Bytes } from "./bytes";
import { ServiceCall } from "./callout";
import { Decoder, Encoder } from "./codec";
import { Status } from "./types";

/** What is said about a vector besides its value; searches and deletes compare it for equality. */
export class Attributes {
  private names: Array<string> = [];
  private values: Array<string> = [];

  get size(): i32 {
    return this.names.length;
  }

  /** Adds one; a name stands once. */
  with(name: string, value: string): Attributes {
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  /** Returns the value of a name, or null. */
  get(name: string): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : this.values[at];
  }

  /** Writes them; for the SDK. */
  encode(encoder: Encoder): Encoder {
    encoder.u32(this.names.length);
    for (let i = 0; i < this.names.length; i++) encoder.string(this.names[i]).string(this.values[i]);
    return encoder;
  }

  /** Reads them; for the SDK. */
  static decode(decoder: Decoder): Attributes {
    const attributes = new Attributes();
    const count = <i32>decoder.u32();
    for (let i = 0; i < count && !decoder.broken; i++) attributes.with(decoder.string(), decoder.string());
    return attributes;
  }
}

/** Is a stored value that a search found; `score` is the cosine, -1 to 1. */
export class VectorHit {
  constructor(readonly key: string, readonly score: f64, readonly value: Bytes, readonly attributes: Attributes) {}
}

/** Stores or replaces a value with its vector (ABI.md, Vectors; needs the grant `vectors`). */
export abstract class VectorUpsert extends ServiceCall {
  /** Takes whether the key is new. */
  abstract onStored(status: Status, created: bool): void;

  /** @param ttlMillis how long it is kept; 0 for as long as there is room */
  upsert(namespace: string, key: string, vector: StaticArray<f32>, value: Bytes, attributes: Attributes, ttlMillis: u64 = 0): Status {
    const encoder = attributes.encode(new Encoder().string(namespace).string(key).floats(vector).blob(value));
    encoder.u8(ttlMillis == 0 ? 0 : 1);
    return this.send("sluice.vectors.upsert", ttlMillis == 0 ? encoder : encoder.u64(ttlMillis));
  }

  onResult(status: Status, result: Decoder): void {
    this.onStored(status, status == Status.Ok && result.u8() == 1);
  }
}

/** Finds values whose vectors are similar. */
export abstract class VectorSearch extends ServiceCall {
  /** Takes the hits, the most similar first. */
  abstract onHits(status: Status, hits: Array<VectorHit>): void;

  /** Asks for at most `k` values with a cosine of `minScore` or more, whose attributes are equal to all of `filter`. */
  search(namespace: string, vector: StaticArray<f32>, k: u32, minScore: f64, filter: Attributes): Status {
    return this.send("sluice.vectors.search",
      filter.encode(new Encoder().string(namespace).floats(vector).u32(k).f64(minScore)));
  }

  onResult(status: Status, result: Decoder): void {
    const hits: Array<VectorHit> = [];
    const count = status == Status.Ok ? <i32>result.u32() : 0;
    for (let i = 0; i < count && !result.broken; i++) {
      hits.push(new VectorHit(result.string(), result.f64(), result.blob(), Attributes.decode(result)));
    }
    this.onHits(status, hits);
  }
}

/** Deletes a value. */
export abstract class VectorDelete extends ServiceCall {
  /** Takes whether it was there. */
  abstract onDeleted(status: Status, deleted: bool): void;

  delete(namespace: string, key: string): Status {
    return this.send("sluice.vectors.delete", new Encoder().string(namespace).string(key));
  }

  onResult(status: Status, result: Decoder): void {
    this.onDeleted(status, status == Status.Ok && result.u8() == 1);
  }
}

/** Deletes all values whose attributes are equal to those of a filter. */
export abstract class VectorDeleteWhere extends ServiceCall {
  /** Takes how many there were. */
  abstract onDeleted(status: Status, count: u64): void;

  deleteWhere(namespace: string, filter: Attributes): Status {
    return this.send("sluice.vectors.deleteWhere", filter.encode(new Encoder().string(namespace)));
  }

  onResult(status: Status, result: Decoder): void {
    this.onDeleted(status, status == Status.Ok ? result.u64() : 0);
  }
}
