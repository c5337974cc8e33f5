@NullMarked
package dev.sluice.proxy.internal.plugin;

import org.jspecify.annotations.NullMarked;
