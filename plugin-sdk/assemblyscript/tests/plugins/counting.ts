// Counts and keeps values for each request to /services, and says in a header what it was answered.
import {
  Bytes, Concurrency, Counting, FixedWindow, Headers, HeadersStatus, Left, Limit, registerPlugin, Reservation, RootContext,
  Status, StoreDelete, StoreGet, StoreLock, StoreSet, StreamContext,
} from "../../assembly/index";

export * from "../../assembly/exports";

class Plugin extends RootContext {
  createStream(id: u32): StreamContext {
    return new Stream();
  }
}

class Stream extends StreamContext {
  said: string = "";
  step: i32 = 0;
  reservation: u64 = 0;
  version: u64 = 0;
  fence: u64 = 0;

  onRequestHeaders(headers: Headers, endOfStream: bool): HeadersStatus {
    if (headers.get(":path") != "/services/42") return HeadersStatus.Continue;
    this.next();
    return HeadersStatus.StopAllIterationAndWatermark;
  }

  say(what: string, status: Status, value: string): void {
    this.said += what + "=" + (<i32>status).toString() + " " + value + "; ";
    this.next();
  }

  private limits(): Array<Limit> {
    return [
      new Limit("{a}tokens", 10, new FixedWindow("month")),
      new Limit("{a}requests", 10, new Concurrency(60000)),
    ];
  }

  /** Makes the calls one after another. */
  private next(): void {
    const limits = this.limits();
    const status = this.call(this.step++, limits);
    if (status != Status.Ok) {
      this.said += "refused " + (<i32>status).toString();
      this.finish();
    }
  }

  private call(step: i32, limits: Array<Limit>): Status {
    switch (step) {
      case 0: return new Reserve(this).reserve(limits, 4, 60000);
      case 1: return new Count(this, "settle").settle(this.reservation, 12);
      case 2: return new Reserve(this).reserve(limits, 1, 60000);
      case 3: return new Count(this, "release").release(7);
      case 4: return new Count(this, "add").add([limits[0]], 3);
      case 5: return new Count(this, "peek").peek(limits);
      case 6: return new Set(this).set("s", new Bytes().append("one"));
      case 7: return new Set(this).compareAndSet("s", new Bytes().append("two"), this.version + 1, 1000);
      case 8: return new Set(this).compareAndSet("s", new Bytes().append("two"), this.version, 60000);
      case 9: return new Get(this).get("s");
      case 10: return new Delete(this).delete("s");
      case 11: return new Get(this).get("s");
      case 12: return new Lock(this).lock("l", 60000);
      case 13: return new Lock(this).lock("l", 60000);
      case 14: return new Delete(this).unlock("l", this.fence);
      default: this.finish();
    }
    return Status.Ok;
  }

  private finish(): void {
    this.requestHeaders.set("x-services", this.said);
    this.continueRequest();
  }
}

class Reserve extends Reservation {
  constructor(private stream: Stream) {
    super();
  }

  onReserved(status: Status, granted: bool, reservation: u64, left: Array<Left>): void {
    if (granted) this.stream.reservation = reservation;
    this.stream.say("reserve", status, granted.toString() + " " + left[0].remaining.toString());
  }
}

class Count extends Counting {
  constructor(private stream: Stream, private what: string) {
    super();
  }

  onLeft(status: Status, left: Array<Left>): void {
    this.stream.say(this.what, status, left.length == 0 ? "none" : left[0].remaining.toString());
  }
}

class Set extends StoreSet {
  constructor(private stream: Stream) {
    super();
  }

  onStored(status: Status, version: u64): void {
    const another = version != this.stream.version;
    if (status == Status.Ok) this.stream.version = version;
    this.stream.say("set", status, another.toString());
  }
}

class Get extends StoreGet {
  constructor(private stream: Stream) {
    super();
  }

  onEntry(status: Status, value: Bytes | null, version: u64): void {
    this.stream.say("get", status, value === null ? "none" : value.toString() + " " + (version == this.stream.version).toString());
  }
}

class Delete extends StoreDelete {
  constructor(private stream: Stream) {
    super();
  }

  onDeleted(status: Status, deleted: bool): void {
    this.stream.say("delete", status, deleted.toString());
  }
}

class Lock extends StoreLock {
  constructor(private stream: Stream) {
    super();
  }

  onLocked(status: Status, fence: u64): void {
    if (fence != 0) this.stream.fence = fence;
    this.stream.say("lock", status, (fence != 0).toString());
  }
}

registerPlugin(() => new Plugin());
