// Looks at nothing: what remains is the cost of being there.
import { registerPlugin, RootContext } from "@sluice/assemblyscript";
export * from "@sluice/assemblyscript/exports";

registerPlugin(() => new RootContext());
