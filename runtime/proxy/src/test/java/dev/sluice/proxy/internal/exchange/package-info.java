@NullMarked
package dev.sluice.proxy.internal.exchange;

import org.jspecify.annotations.NullMarked;
