package dev.sluice.acceptance;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Is a gRPC service of all four kinds of call; its messages are plain octets. */
final class GrpcService implements BindableService {
  /** Sent back in the headers, and in the trailers as {@link #SENT_BACK}. */
  static final Metadata.Key<byte[]> BINARY =
      Metadata.Key.of("trace-bin", Metadata.BINARY_BYTE_MARSHALLER);

  static final Metadata.Key<byte[]> SENT_BACK =
      Metadata.Key.of("sent-back-bin", Metadata.BINARY_BYTE_MARSHALLER);

  static final Metadata.Key<String> TEXT =
      Metadata.Key.of("trace-text", Metadata.ASCII_STRING_MARSHALLER);

  static final MethodDescriptor<byte[], byte[]> UNARY = method("Unary", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> UPLOAD =
      method("Upload", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<byte[], byte[]> DOWNLOAD =
      method("Download", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<byte[], byte[]> CHAT = method("Chat", MethodType.BIDI_STREAMING);

  /** What a description of a status may hold: it travels percent-encoded. */
  static final String DESCRIPTION = "not now: 100 % naïve ✓";

  private final BlockingQueue<Context> waiting = new LinkedBlockingQueue<>();
  private final BlockingQueue<Context> cancelled = new LinkedBlockingQueue<>();
  private final AtomicInteger chats = new AtomicInteger();

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder(new Octets(), new Octets())
        .setFullMethodName(MethodDescriptor.generateFullMethodName("sluice.test.Octets", name))
        .setType(type)
        .build();
  }

  /** Takes messages as they are. */
  private static final class Octets implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Returns the contexts of calls that wait. */
  BlockingQueue<Context> waiting() {
    return waiting;
  }

  /** Returns the number of chats that are open. */
  AtomicInteger chats() {
    return chats;
  }

  /** Returns the contexts of waiting calls that were cancelled. */
  BlockingQueue<Context> cancelled() {
    return cancelled;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder("sluice.test.Octets")
        .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::unary))
        .addMethod(UPLOAD, ServerCalls.asyncClientStreamingCall(GrpcService::upload))
        .addMethod(DOWNLOAD, ServerCalls.asyncServerStreamingCall(GrpcService::download))
        .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(this::chat))
        .build();
  }

  /** Sends back what it gets; {@code fail} and {@code wait} do as they say. */
  private void unary(byte[] request, StreamObserver<byte[]> response) {
    switch (request.length < 8 ? text(request) : "") {
      case "fail" ->
          response.onError(
              Status.FAILED_PRECONDITION.withDescription(DESCRIPTION).asRuntimeException());
      case "wait" -> {
        var context = Context.current();
        ((ServerCallStreamObserver<byte[]>) response)
            .setOnCancelHandler(() -> cancelled.add(context));
        waiting.add(context);
      }
      default -> {
        response.onNext(request);
        response.onCompleted();
      }
    }
  }

  /** Answers with the number of messages and of their octets. */
  private static StreamObserver<byte[]> upload(StreamObserver<byte[]> response) {
    var messages = new AtomicLong();
    var octets = new AtomicLong();
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        messages.incrementAndGet();
        octets.addAndGet(message.length);
      }

      @Override
      public void onError(Throwable problem) {}

      @Override
      public void onCompleted() {
        response.onNext(bytes(messages + " messages, " + octets + " octets"));
        response.onCompleted();
      }
    };
  }

  /** Answers "N" with the texts 0 to N - 1, and then the status ABORTED when N is odd. */
  private static void download(byte[] request, StreamObserver<byte[]> response) {
    int count = Integer.parseInt(text(request));
    for (int i = 0; i < count; i++) {
      response.onNext(bytes("" + i));
    }
    if (count % 2 == 1) {
      response.onError(Status.ABORTED.withDescription("odd").asRuntimeException());
    } else {
      response.onCompleted();
    }
  }

  /** Sends back each message as it comes. */
  private StreamObserver<byte[]> chat(StreamObserver<byte[]> response) {
    chats.incrementAndGet();
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        response.onNext(message);
      }

      @Override
      public void onError(Throwable problem) {
        chats.decrementAndGet();
      }

      @Override
      public void onCompleted() {
        chats.decrementAndGet();
        response.onCompleted();
      }
    };
  }

  /** Sends the metadata of a call back in its headers and in its trailers. */
  static final class SendBack implements ServerInterceptor {
    @Override
    public <A, B> ServerCall.Listener<A> interceptCall(
        ServerCall<A, B> call, Metadata received, ServerCallHandler<A, B> next) {
      var sending =
          new io.grpc.ForwardingServerCall.SimpleForwardingServerCall<A, B>(call) {
            @Override
            public void sendHeaders(Metadata headers) {
              headers.merge(received, java.util.Set.of(BINARY, TEXT));
              super.sendHeaders(headers);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              var binary = received.get(BINARY);
              if (binary != null) {
                trailers.put(SENT_BACK, binary);
              }
              super.close(status, trailers);
            }
          };
      return next.startCall(sending, received);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
