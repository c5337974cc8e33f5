// Memory of a plugin. The runtime is AssemblyScript's "minimal" one: reference tracing that runs only when asked, so
// that no callback carries a shadow stack. It is asked between callbacks, where nothing on the stack refers to an
// object, as soon as more was allocated than `PRESSURE` (or than what survived last time).
import { __new as newObject, __renew as renewObject } from "rt/tcms";

/** Bytes that may be allocated before the next collection, at least. */
const PRESSURE: usize = 256 * 1024;
/** What an object costs beside its content. */
const OVERHEAD: usize = 20;

let allocated: usize = 0;
let limit: usize = PRESSURE;
let depth: i32 = 0;

/** Stands in for the runtime's `__new` (asconfig.json, `use`) to count what is allocated. */
// @ts-ignore: decorator
@global export function sluiceNew(size: usize, id: i32): usize {
  allocated += size + OVERHEAD;
  return newObject(size, id);
}

/** Stands in for the runtime's `__renew`. */
// @ts-ignore: decorator
@global export function sluiceRenew(ptr: usize, size: usize): usize {
  allocated += size;
  return renewObject(ptr, size);
}

/** Begins a callback. Callbacks nest where a host calls back from within a host function. */
// @ts-ignore: decorator
@inline export function enter(): void {
  depth++;
}

/** Ends a callback. */
// @ts-ignore: decorator
@inline export function leave(): void {
  depth--;
  if (allocated > limit && depth == 0) collect();
}

function collect(): void {
  const pages = memory.size();
  allocated = 0;
  __collect();
  // In proportion to what the memory holds, so that a plugin with much data does not trace it every few requests.
  limit = max(PRESSURE, (<usize>pages << 16) / 4);
}
