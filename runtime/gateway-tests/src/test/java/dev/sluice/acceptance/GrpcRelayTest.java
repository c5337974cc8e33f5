package dev.sluice.acceptance;

import static dev.sluice.acceptance.GrpcService.bytes;
import static dev.sluice.acceptance.GrpcService.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Has a client and a server of grpc-java talk through the gateway: in cleartext or TLS on both
 * sides, with and without a Wasm plugin in between.
 */
@ParameterizedClass(name = "{0}, {1}")
@CsvSource({"plain, alone", "secure, alone", "plain, filtered", "secure, filtered"})
@ExtendWith(LeakCheck.class)
class GrpcRelayTest {
  private static final int LARGE = 4 << 20;
  private static final Metadata.Key<String> HELLO =
      Metadata.Key.of("x-hello", Metadata.ASCII_STRING_MARSHALLER);

  @Parameter(0)
  String kind = "";

  @Parameter(1)
  String chain = "";

  @TempDir Path folder;
  private final GrpcService service = new GrpcService();
  private @Nullable Server server;
  private @Nullable ProtocolGateway gateway;
  private @Nullable ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    boolean secure = kind.equals("secure");
    var authority = TestAuthority.create(folder, "test");
    var pair = authority.issue("localhost");
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var building =
        NettyServerBuilder.forAddress(loopback)
            .addService(service)
            .intercept(new GrpcService.SendBack())
            .maxInboundMessageSize(2 * LARGE);
    if (secure) {
      building.useTransportSecurity(pair.cert().toFile(), pair.key().toFile());
    }
    var serving = building.build().start();
    server = serving;
    ProtocolGateway.headerPlugin(folder);
    var running =
        ProtocolGateway.start(folder, config(pair, authority.ca(), serving.getPort(), secure));
    gateway = running;
    var calling =
        NettyChannelBuilder.forAddress("localhost", running.port(kind))
            .maxInboundMessageSize(2 * LARGE);
    if (secure) {
      calling.sslContext(GrpcSslContexts.forClient().trustManager(authority.ca().toFile()).build());
    } else {
      calling.usePlaintext();
    }
    channel = calling.build();
  }

  private String config(KeyPairFiles pair, Path ca, int port, boolean secure) {
    return """
    listeners:
      - {name: plain, address: "127.0.0.1:0"}
      - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: "%s", key: "%s"}]}}
    upstreams: [{name: up, protocol: h2, endpoints: [{address: "localhost:%d"}]%s}]
    plugins: [{name: hello, url: "file:header.wasm"}]
    routes: [{name: all, upstream: up, plugins: [%s]}]
    """
        .formatted(
            pair.cert(),
            pair.key(),
            port,
            secure ? ", tls: {ca: \"" + ca + "\"}" : "",
            chain.equals("filtered") ? "hello" : "");
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (channel != null) {
      channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
    }
    if (gateway != null) {
      gateway.close();
    }
    if (server != null) {
      server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
    }
  }

  private static <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("not started");
    }
    return part;
  }

  private ManagedChannel channel() {
    return present(channel);
  }

  private static CallOptions soon() {
    return CallOptions.DEFAULT.withDeadline(Deadline.after(60, TimeUnit.SECONDS));
  }

  private byte[] unary(byte[] request, ClientInterceptor... interceptors) {
    return ClientCalls.blockingUnaryCall(
        io.grpc.ClientInterceptors.intercept(channel(), interceptors),
        GrpcService.UNARY,
        soon(),
        request);
  }

  private static byte[] random(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  void unaryCallsOfAnySizeOnOneConnection() {
    for (int size : new int[] {0, 1, 100, 16 << 10, 1 << 20, LARGE}) {
      var message = random(size);
      assertThat(Arrays.equals(unary(message), message)).as("%d octets", size).isTrue();
    }
  }

  @Test
  void metadataPassesInHeadersAndTrailers() {
    var sent = new Metadata();
    var binary = random(300);
    sent.put(GrpcService.BINARY, binary);
    sent.put(GrpcService.BINARY, new byte[0]);
    sent.put(GrpcService.TEXT, "one");
    sent.put(GrpcService.TEXT, "two");
    var headers = new AtomicReference<>(new Metadata());
    var trailers = new AtomicReference<>(new Metadata());

    unary(
        bytes("hello"),
        MetadataUtils.newAttachHeadersInterceptor(sent),
        MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));

    var head = present(headers.get());
    assertThat(head.getAll(GrpcService.BINARY)).containsExactly(binary, new byte[0]);
    assertThat(head.getAll(GrpcService.TEXT)).containsExactly("one", "two");
    assertThat(present(trailers.get()).get(GrpcService.SENT_BACK)).isEqualTo(new byte[0]);
    assertThat(head.get(HELLO)).isEqualTo(chain.equals("filtered") ? "world" : null);
  }

  @Test
  void aStatusPassesInTrailersOnly() {
    var binary = random(30);
    var sent = new Metadata();
    sent.put(GrpcService.BINARY, binary);
    var failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> unary(bytes("fail"), MetadataUtils.newAttachHeadersInterceptor(sent)));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure.getStatus().getDescription()).isEqualTo(GrpcService.DESCRIPTION);
    assertThat(present(failure.getTrailers()).get(GrpcService.SENT_BACK)).isEqualTo(binary);
  }

  @Test
  void aMethodThatIsNotThereIsUnimplemented() {
    var unknown = GrpcService.UNARY.toBuilder().setFullMethodName("sluice.test.No/No").build();
    var failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel(), unknown, soon(), bytes("x")));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void uploadsManyMessages() throws InterruptedException {
    var received = new Received();
    var sending =
        ClientCalls.asyncClientStreamingCall(
            channel().newCall(GrpcService.UPLOAD, soon()), received);
    long octets = 0;
    for (int i = 0; i < 1_000; i++) {
      sending.onNext(new byte[i]);
      octets += i;
    }
    sending.onCompleted();
    assertThat(received.next()).isEqualTo("1000 messages, " + octets + " octets");
    assertThat(received.next()).isEqualTo("OK");
  }

  @Test
  void downloadsManyMessagesAndThenAStatus() throws InterruptedException {
    for (int count : new int[] {0, 1, 1_000, 1_001}) {
      var received = new Received();
      ClientCalls.asyncServerStreamingCall(
          channel().newCall(GrpcService.DOWNLOAD, soon()), bytes("" + count), received);
      for (int i = 0; i < count; i++) {
        assertThat(received.next()).isEqualTo("" + i);
      }
      assertThat(received.next()).isEqualTo(count % 2 == 0 ? "OK" : "ABORTED");
    }
  }

  @Test
  void chatsMessageByMessage() throws InterruptedException {
    var received = new Received();
    var sending =
        ClientCalls.asyncBidiStreamingCall(channel().newCall(GrpcService.CHAT, soon()), received);
    for (int i = 0; i < 100; i++) {
      sending.onNext(bytes("message " + i));
      assertThat(received.next()).isEqualTo("message " + i);
    }
    sending.onCompleted();
    assertThat(received.next()).isEqualTo("OK");
  }

  @Test
  void manyChatsAtOnceStayApart() throws InterruptedException {
    var all = new ArrayList<Received>();
    var senders = new ArrayList<StreamObserver<byte[]>>();
    for (int i = 0; i < 200; i++) {
      var received = new Received();
      all.add(received);
      senders.add(
          ClientCalls.asyncBidiStreamingCall(
              channel().newCall(GrpcService.CHAT, soon()), received));
    }
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < senders.size(); i++) {
        senders.get(i).onNext(bytes(i + "/" + round));
      }
    }
    senders.forEach(StreamObserver::onCompleted);
    for (int i = 0; i < all.size(); i++) {
      for (int round = 0; round < 5; round++) {
        assertThat(all.get(i).next()).isEqualTo(i + "/" + round);
      }
      assertThat(all.get(i).next()).isEqualTo("OK");
    }
  }

  @Test
  void aDeadlineReachesTheServerAndEndsTheCall() throws InterruptedException {
    unary(bytes("first"));
    var options = CallOptions.DEFAULT.withDeadline(Deadline.after(2, TimeUnit.SECONDS));
    var failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                ClientCalls.blockingUnaryCall(
                    channel(), GrpcService.UNARY, options, bytes("wait")));
    // The server's clock may run out first: it resets the call, which the gateway reports.
    assertThat(failure.getStatus().getCode())
        .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
    var context = present(service.cancelled().poll(60, TimeUnit.SECONDS));
    assertThat(context.getDeadline()).isNotNull();
    assertThat(unary(bytes("next"))).isEqualTo(bytes("next"));
  }

  @Test
  void aCancelledCallIsCancelledAtTheServer() throws InterruptedException {
    var received = new Received();
    ClientCalls.asyncUnaryCall(
        channel().newCall(GrpcService.UNARY, soon()), bytes("wait"), received);
    assertThat(service.waiting().poll(60, TimeUnit.SECONDS)).isNotNull();
    received.call().cancel("enough", null);
    assertThat(received.next()).isEqualTo("CANCELLED");
    assertThat(service.cancelled().poll(60, TimeUnit.SECONDS)).isNotNull();
    assertThat(unary(bytes("next"))).isEqualTo(bytes("next"));
  }

  @Test
  void aServerThatIsGoneIsUnavailable() throws InterruptedException {
    assertThat(unary(bytes("first"))).isEqualTo(bytes("first"));
    present(server).shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
    var failure = catchThrowableOfType(StatusRuntimeException.class, () -> unary(bytes("second")));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure.getStatus().getDescription()).doesNotContain("HTTP status code");
  }

  /** Keeps what comes, and last the code of the status. */
  private static final class Received implements ClientResponseObserver<byte[], byte[]> {
    private final BlockingQueue<String> all = new LinkedBlockingQueue<>();
    private @Nullable ClientCallStreamObserver<byte[]> call;

    String next() throws InterruptedException {
      return present(all.poll(60, TimeUnit.SECONDS));
    }

    ClientCallStreamObserver<byte[]> call() {
      return present(call);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<byte[]> stream) {
      call = stream;
    }

    @Override
    public void onNext(byte[] message) {
      all.add(text(message));
    }

    @Override
    public void onError(Throwable problem) {
      all.add(Status.fromThrowable(problem).getCode().name());
    }

    @Override
    public void onCompleted() {
      all.add("OK");
    }
  }
}
