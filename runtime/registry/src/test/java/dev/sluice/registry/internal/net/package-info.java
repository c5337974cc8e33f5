@NullMarked
package dev.sluice.registry.internal.net;

import org.jspecify.annotations.NullMarked;
