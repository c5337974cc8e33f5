import { Bytes } from "./bytes";
import { Config } from "./config";
import { ConnectionContext, Context, RootContext, StreamContext } from "./context";
import { Body } from "./body";
import { BufferType } from "./types";

/** Finds contexts by their number: open addressing, at most half full, so that a request leaves no garbage here. */
class ContextTable {
  private mask: u32 = 63;
  private count: u32 = 0;
  private ids: StaticArray<u32> = new StaticArray<u32>(64);
  private parents: StaticArray<u32> = new StaticArray<u32>(64);
  private contexts: StaticArray<Context | null> = new StaticArray<Context | null>(64);

  @inline private home(id: u32): u32 {
    return (id * 0x9e3779b1) >> 7 & this.mask;
  }

  /** Returns the place of an id, or -1. Id 0 is never used. */
  find(id: u32): i32 {
    let i = this.home(id);
    while (unchecked(this.ids[i]) != id) {
      if (unchecked(this.ids[i]) == 0) return -1;
      i = (i + 1) & this.mask;
    }
    return i;
  }

  @inline parent(place: i32): u32 {
    return unchecked(this.parents[place]);
  }

  @inline context(place: i32): Context | null {
    return unchecked(this.contexts[place]);
  }

  @inline setContext(place: i32, context: Context): void {
    this.contexts[place] = context;
  }

  add(id: u32, parent: u32, context: Context | null): void {
    if (++this.count * 2 > this.mask) this.grow();
    let i = this.home(id);
    while (unchecked(this.ids[i]) != 0) i = (i + 1) & this.mask;
    this.ids[i] = id;
    this.parents[i] = parent;
    this.contexts[i] = context;
  }

  /** Empties a place and moves up those behind it that would no longer be found. */
  remove(place: i32): void {
    this.count--;
    let hole = <u32>place;
    for (let i = (hole + 1) & this.mask; unchecked(this.ids[i]) != 0; i = (i + 1) & this.mask) {
      if (((i - this.home(unchecked(this.ids[i]))) & this.mask) >= ((i - hole) & this.mask)) {
        this.ids[hole] = this.ids[i];
        this.parents[hole] = this.parents[i];
        this.contexts[hole] = this.contexts[i];
        hole = i;
      }
    }
    this.ids[hole] = 0;
    this.contexts[hole] = null;
  }

  private grow(): void {
    const ids = this.ids, parents = this.parents, contexts = this.contexts;
    const size = ids.length * 2;
    this.mask = size - 1;
    this.ids = new StaticArray<u32>(size);
    this.parents = new StaticArray<u32>(size);
    this.contexts = new StaticArray<Context | null>(size);
    this.count = 1; // the one that is being added
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] != 0) this.add(ids[i], parents[i], contexts[i]);
    }
  }
}

const table: ContextTable = new ContextTable();
let factory: (() => RootContext) | null = null;

/** Context of the callback that is running; callouts come back to it. */
export let current: u32 = 0;

// @ts-ignore: decorator
@inline export function setCurrent(id: u32): void {
  current = id;
}

/**
 * Names the plugin's root context. Call it once, at the top level of the plugin's main file:
 *
 * ```ts
 * registerPlugin(() => new MyPlugin());
 * ```
 */
export function registerPlugin(create: () => RootContext): void {
  factory = create;
}

/** Remembers a new context. Contexts of exchanges and connections are made by their first callback. */
export function createContext(id: u32, parent: u32): void {
  if (parent != 0) {
    table.add(id, parent, null);
    return;
  }
  const create = factory;
  if (create === null) throw new Error("registerPlugin was not called");
  const root = create();
  root.id = id;
  table.add(id, 0, root);
}

/** Returns whether a context is still there. */
export function exists(id: u32): bool {
  return table.find(id) >= 0;
}

/** Returns a context if it has been made. */
export function peek(id: u32): Context | null {
  const place = table.find(id);
  return place < 0 ? null : table.context(place);
}

export function root(id: u32): RootContext {
  current = id;
  const context = peek(id);
  if (context === null) throw new Error("no root context " + id.toString());
  return changetype<RootContext>(context);
}

export function stream(id: u32): StreamContext {
  current = id;
  const place = table.find(id);
  if (place < 0) throw new Error("no stream context " + id.toString());
  const known = table.context(place);
  if (known !== null) return changetype<StreamContext>(known);
  const made = changetype<RootContext>(peek(table.parent(place))!).createStream(id);
  made.id = id;
  // Found again: the plugin may have made contexts of its own meanwhile, by a host that calls back.
  table.setContext(table.find(id), made);
  return made;
}

export function connection(id: u32): ConnectionContext {
  current = id;
  const place = table.find(id);
  if (place < 0) throw new Error("no connection context " + id.toString());
  const known = table.context(place);
  if (known !== null) return changetype<ConnectionContext>(known);
  const made = changetype<RootContext>(peek(table.parent(place))!).createConnection(id);
  made.id = id;
  table.setContext(table.find(id), made);
  return made;
}

export function deleteContext(id: u32): void {
  const place = table.find(id);
  if (place < 0) return;
  const context = table.context(place);
  if (context !== null) context.onDelete();
  table.remove(table.find(id));
}

/** Reads a configuration buffer. */
export function configuration(buffer: BufferType, size: i32): Config {
  const bytes = new Bytes(size);
  if (size > 0) new Body(buffer).read(bytes, 0, size);
  return new Config(bytes);
}

/** Where answers of callouts go; set by the first callout, so that plugins without one carry nothing of it. */
export let onHttpCallResponse: ((call: u32, headers: u32, bodySize: u32, trailers: u32) => void) | null = null;
export let onForeignAnswer: ((call: u32, size: u32) => void) | null = null;

export function setOnHttpCallResponse(handler: (call: u32, headers: u32, bodySize: u32, trailers: u32) => void): void {
  onHttpCallResponse = handler;
}

export function setOnForeignAnswer(handler: (call: u32, size: u32) => void): void {
  onForeignAnswer = handler;
}
