package dev.sluice.plugin.host;

import java.util.function.Consumer;

/**
 * Receives the one answer of an asynchronous call, on the caller's thread and never before the call
 * has returned. An answer for a stream that has ended is dropped and counted.
 */
public interface Completion<T> {
  /** The call succeeded. */
  void succeeded(T value);

  /** The call failed. */
  void failed(ServiceException error);

  /** Returns a completion made of two functions. */
  static <T> Completion<T> of(Consumer<? super T> onSuccess, Consumer<ServiceException> onFailure) {
    return new Completion<>() {
      @Override
      public void succeeded(T value) {
        onSuccess.accept(value);
      }

      @Override
      public void failed(ServiceException error) {
        onFailure.accept(error);
      }
    };
  }
}
