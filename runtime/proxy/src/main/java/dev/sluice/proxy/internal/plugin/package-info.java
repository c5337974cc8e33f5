/** Runs plugins: their VMs, generations and host services. */
@NullMarked
package dev.sluice.proxy.internal.plugin;

import org.jspecify.annotations.NullMarked;
