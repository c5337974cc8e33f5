@NullMarked
package dev.sluice.http.internal.hpack;

import org.jspecify.annotations.NullMarked;
