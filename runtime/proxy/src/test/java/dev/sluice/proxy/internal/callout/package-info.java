@NullMarked
package dev.sluice.proxy.internal.callout;

import org.jspecify.annotations.NullMarked;
