/**
 * The contract between the gateway and a plugin: callbacks, statuses and the exchange that a plugin
 * sees. Services that a plugin may call are in {@code dev.sluice.plugin.host}, what runs plugins
 * implements {@code dev.sluice.plugin.engine}, and the model of LLM traffic is in {@code
 * dev.sluice.plugin.ai}.
 */
@NullMarked
package dev.sluice.plugin;

import org.jspecify.annotations.NullMarked;
