// What `export * from "@sluice/assemblyscript/ai-exports"` finds.
export * from "./assembly/ai-exports";
