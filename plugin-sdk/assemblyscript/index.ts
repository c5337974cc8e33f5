// What `import … from "@sluice/assemblyscript"` finds: the compiler looks in the package's root.
export * from "./assembly/index";
