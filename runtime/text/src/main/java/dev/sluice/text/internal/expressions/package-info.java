/**
 * Expressions in time linear in the text, all matches of a text together: see {@link
 * dev.sluice.text.internal.expressions.Expression}.
 */
@NullMarked
package dev.sluice.text.internal.expressions;

import org.jspecify.annotations.NullMarked;
