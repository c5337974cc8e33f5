// Counts, embeds, stores, finds and deletes what the path says, and logs what each step answered.
import {
  Attributes, Bytes, embedderModel, Embedding, Headers, HeadersStatus, log, LogLevel, registerPlugin, RootContext, Status,
  StreamContext, TokenCount, VectorDelete, VectorDeleteWhere, VectorHit, VectorSearch, VectorUpsert,
} from "../../assembly/index";

export * from "../../assembly/exports";

function say(message: string): void {
  log(LogLevel.Info, message);
}

class Plugin extends RootContext {
  createStream(id: u32): StreamContext {
    return new Stream();
  }
}

class Stream extends StreamContext {
  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    const model = embedderModel();
    say(model === null ? "no embedder" : model.name + " " + model.dimensions.toString());
    const status = new Count(this, headers.get(":path")!).count("gpt-4o", headers.get(":path")!);
    if (status == Status.Ok) return HeadersStatus.StopAllIterationAndWatermark;
    say("refused " + (<i32>status).toString());
    return HeadersStatus.Continue;
  }
}

class Count extends TokenCount {
  constructor(private stream: Stream, private text: string) {
    super();
  }

  onTokens(status: Status, tokens: u64): void {
    say("tokens " + (<i32>status).toString() + " " + tokens.toString());
    new Embed(this.stream).embed([this.text, "second"]);
  }
}

class Embed extends Embedding {
  constructor(private stream: Stream) {
    super();
  }

  onVectors(status: Status, vectors: Array<StaticArray<f32>>): void {
    if (status != Status.Ok) {
      say("embedding " + (<i32>status).toString() + " " + vectors.length.toString());
      this.stream.continueRequest();
      return;
    }
    say("vectors " + vectors.length.toString() + " " + vectors[0][0].toString() + " " + vectors[1][1].toString());
    new Store(this.stream, vectors[0]).upsert("answers", "k1", vectors[0], new Bytes().append("stored"),
      new Attributes().with("model", "m").with("tenant", "t"), 1500);
  }
}

class Store extends VectorUpsert {
  constructor(private stream: Stream, private vector: StaticArray<f32>) {
    super();
  }

  onStored(status: Status, created: bool): void {
    say("stored " + created.toString());
    new Search(this.stream).search("answers", this.vector, 3, 0.9, new Attributes().with("model", "m"));
  }
}

class Search extends VectorSearch {
  constructor(private stream: Stream) {
    super();
  }

  onHits(status: Status, hits: Array<VectorHit>): void {
    const hit = hits[0];
    say("hits " + hits.length.toString() + " " + hit.key + " " + hit.score.toString() + " " + hit.value.toString() + " " +
      hit.attributes.get("tenant")! + " " + hit.attributes.size.toString());
    new Delete(this.stream).delete("answers", "k1");
  }
}

class Delete extends VectorDelete {
  constructor(private stream: Stream) {
    super();
  }

  onDeleted(status: Status, deleted: bool): void {
    say("deleted " + deleted.toString());
    new DeleteWhere(this.stream).deleteWhere("answers", new Attributes());
  }
}

class DeleteWhere extends VectorDeleteWhere {
  constructor(private stream: Stream) {
    super();
  }

  onDeleted(status: Status, count: u64): void {
    say("deleted " + count.toString());
    this.stream.continueRequest();
  }
}

registerPlugin(() => new Plugin());
