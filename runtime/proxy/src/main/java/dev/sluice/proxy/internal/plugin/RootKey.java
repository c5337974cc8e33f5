package dev.sluice.proxy.internal.plugin;

/** Says which root contexts are the same: one configuration in one kind of VM. */
record RootKey(VmKey vm, String rootId, String configuration) {}
