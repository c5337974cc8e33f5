// What `export * from "@sluice/assemblyscript/exports"` finds.
export * from "./assembly/exports";
