package dev.runnel.app.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.app.hub.SmallHub.Seen;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models from a hub on this machine, and all that can go wrong on the way.
class PullerTest {

    /// Patient enough for a machine that is busy with other things.
    private static final Waits CALM = new Waits(
            Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(20), 100, 5, Duration.ofMillis(1));

    private static final HubName NAME = HubName.parse("org/m-GGUF").orElseThrow();
    private static final String FILE = "m-Q4_K_M.gguf";
    private static final byte[] BYTES = bytes(100_000, 1);

    @TempDir
    private Path home;

    private final SmallHub hub = new SmallHub();
    private Waits waits = CALM;
    private final List<Long> progress = Collections.synchronizedList(new ArrayList<>());
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void aFileComesInRangesAtOnceAndLandsWhereTheHubsToolsKeepIt() throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES).with("org/m-GGUF", "README.md", bytes(10, 2));

        Path file = pull(NAME);

        Path repository = home.resolve("models--org--m-GGUF");
        assertThat(file)
                .isEqualTo(repository.resolve("snapshots/" + SmallHub.COMMIT + "/" + FILE))
                .hasBinaryContent(BYTES);
        assertThat(Files.readSymbolicLink(file)).isEqualTo(Path.of("../../blobs/" + SmallHub.sha256(BYTES)));
        assertThat(repository.resolve("refs/main")).hasContent(SmallHub.COMMIT);
        assertThat(blobs()).containsExactly(SmallHub.sha256(BYTES));
        assertThat(hub.fetched())
                .extracting(Seen::range)
                .containsExactlyInAnyOrder(
                        "bytes=0-24999", "bytes=25000-49999", "bytes=50000-74999", "bytes=75000-99999");
        assertThat(hub.seen()).extracting(Seen::path).noneMatch(path -> path.contains("README"));
        assertThat(heard).startsWith("begins m-Q4_K_M.gguf 100000 1/1").endsWith("ends fetched");
        assertThat(progress).isSorted().startsWith(0L).endsWith(100_000L);
    }

    @Test
    void whatIsHereIsNotFetchedAgain() {
        hub.with("org/m-GGUF", FILE, BYTES);
        Path first = pull(NAME);
        hub.forget();

        Path second = pull(NAME);

        assertThat(second).isEqualTo(first);
        assertThat(hub.fetched()).isEmpty();
        assertThat(heard).endsWith("ends here");
    }

    @Test
    void aFileThatWasFetchedForOneCommitIsLinkedForTheNext() {
        hub.with("org/m-GGUF", FILE, BYTES);
        pull(NAME);
        hub.forget();
        hub.commit = "f".repeat(40);

        Path file = pull(NAME);

        assertThat(file).hasBinaryContent(BYTES);
        assertThat(file.toString()).contains("snapshots/" + "f".repeat(40));
        assertThat(hub.fetched()).isEmpty();
    }

    @Test
    void theTokenGoesToTheHubAndToNobodyElse() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.neededToken = "hf_secret";

        puller("hf_secret").pull(NAME, Optional.empty(), 2, PullListener.NONE);

        assertThat(hub.fetched()).isNotEmpty().extracting(Seen::authorization).containsOnly("");
        assertThat(hub.seen())
                .filteredOn(seen -> seen.host().equals("127.0.0.1"))
                .extracting(Seen::authorization)
                .containsOnly("Bearer hf_secret");
    }

    @Test
    void aSplitModelIsTakenWholeWithItsFolder() {
        byte[] second = bytes(30_000, 3);
        hub.with("org/m-GGUF", "Q8_0/m-Q8_0-00001-of-00002.gguf", BYTES)
                .with("org/m-GGUF", "Q8_0/m-Q8_0-00002-of-00002.gguf", second)
                .with("org/m-GGUF", FILE, bytes(10, 4));

        Path file = pull(HubName.parse("org/m-GGUF:q8_0").orElseThrow());

        assertThat(file.getFileName()).hasToString("m-Q8_0-00001-of-00002.gguf");
        assertThat(file).hasBinaryContent(BYTES);
        assertThat(file.resolveSibling("m-Q8_0-00002-of-00002.gguf")).hasBinaryContent(second);
        assertThat(heard)
                .contains(
                        "begins Q8_0/m-Q8_0-00001-of-00002.gguf 100000 1/2",
                        "begins Q8_0/m-Q8_0-00002-of-00002.gguf 30000 2/2");
    }

    @Test
    void namesWithSpacesAndOtherLettersAreAskedForAsTheyAre() {
        hub.with("org/m-GGUF", "größe 4+ä-Q4_K_M.gguf", BYTES);

        assertThat(pull(NAME)).hasBinaryContent(BYTES);
    }

    @Test
    void aSmallFileIsCheckedByGitsName() {
        hub.with("org/m-GGUF", "small/m.gguf", BYTES);
        hub.knowsRanges = false; // as where the hub keeps small files itself

        assertThat(pull(NAME)).hasBinaryContent(BYTES);
        assertThat(blobs()).containsExactly(SmallHub.gitName(BYTES));
    }

    @Test
    void aListWithoutSizesIsMadeUpForFileByFile() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.listsBlobs = false;

        assertThat(pull(NAME)).hasBinaryContent(BYTES);
        assertThat(blobs()).containsExactly(SmallHub.sha256(BYTES));
        assertThat(hub.seen()).extracting(Seen::method).contains("HEAD");
    }

    @Test
    void anEmptyFileIsAFile() {
        hub.with("org/m-GGUF", FILE, new byte[0]);

        assertThat(pull(NAME)).isEmptyFile();
    }

    @Test
    void modelScopeIsAnotherHub() {
        hub.with("org/m-GGUF", "dir/" + FILE, BYTES);
        Puller puller =
                new Puller(new ModelScope(URI.create(hub.endpoint()), http("")), new HubCache(home), "master", 10_000);

        Path file = puller.pull(NAME, Optional.empty(), 4, PullListener.NONE);

        assertThat(file).hasBinaryContent(BYTES);
        assertThat(file.toString()).endsWith("models--org--m-GGUF/snapshots/master/dir/" + FILE);
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> puller.offers(HubName.parse("no/such").orElseThrow(), Optional.empty()))
                .withMessage("there is no repository no/such at " + hub.endpoint() + ", or no such revision");
    }

    @Test
    void whatARepositoryOffersIsListedWithItsSize() {
        hub.with("org/m-GGUF", "m-Q8_0-00001-of-00002.gguf", BYTES)
                .with("org/m-GGUF", "m-Q8_0-00002-of-00002.gguf", BYTES)
                .with("org/m-GGUF", FILE, BYTES);

        assertThat(puller("").offers(NAME, Optional.empty()))
                .extracting(Puller.Offer::toString)
                .containsExactly(
                        "Offer[name=Q4_K_M, bytes=OptionalLong[100000], files=1]",
                        "Offer[name=Q8_0, bytes=OptionalLong[200000], files=2]");
    }

    // What breaks on the way, and goes on

    @Test
    void aConnectionThatIsCutGoesOnWhereItBrokeOff() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.faults.addAll(List.of(SmallHub.cutAfter(10_000), SmallHub.cutAfter(0), SmallHub.cutAfter(30_000)));

        assertThat(pull(NAME, 1)).hasBinaryContent(BYTES);

        assertThat(hub.fetched())
                .extracting(Seen::range)
                .containsExactly("bytes=0-99999", "bytes=10000-99999", "bytes=10000-99999", "bytes=40000-99999");
        assertThat(heard).filteredOn(line -> line.startsWith("retries")).hasSize(3);
    }

    @Test
    void whatBrokeOffForGoodGoesOnInTheNextRun() throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.lastingFault = SmallHub.cutAfter(1000);
        refused(
                NAME,
                1,
                "m-Q4_K_M.gguf of org/m-GGUF broke off 5 times, at last after 5000 of 100000 bytes: "
                        + "the connection was closed early; what came is kept, so another pull goes on from there");
        assertThat(blobs()).allMatch(name -> name.contains(".runnel."));
        hub.lastingFault = null;
        hub.forget();

        assertThat(pull(NAME, 4)).hasBinaryContent(BYTES);

        assertThat(hub.fetched()).extracting(Seen::range).containsExactly("bytes=5000-99999");
        assertThat(blobs()).containsExactly(SmallHub.sha256(BYTES));
    }

    @Test
    void eachRangeGoesOnFromItsOwnPlaceInTheNextRun() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.lastingFault = SmallHub.cutAfter(2000);
        assertThatExceptionOfType(HubException.class).isThrownBy(() -> pull(NAME, 4));
        hub.lastingFault = null;
        progress.clear();

        assertThat(pull(NAME, 1)).hasBinaryContent(BYTES);

        assertThat(progress).isSorted().endsWith(100_000L);
        assertThat(progress.getFirst()).as("here from the run before").isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "1 2 3",
                "e3b0 100000\n0 5 100000\n",
                "SHA 100000\n0 5 50000\n60000 7 100000\n",
                "SHA 100000\n0 -5 100000\n",
                "SHA 100000\n0 100001 100000\n",
                "SHA 100000\n0 100000\n"
            })
    void notesThatMakeNoSenseAreNotFollowed(String notes) throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES);
        String sha256 = SmallHub.sha256(BYTES);
        Path blobs = Files.createDirectories(home.resolve("models--org--m-GGUF/blobs"));
        Files.write(blobs.resolve(sha256 + ".runnel.incomplete"), new byte[BYTES.length]);
        Files.writeString(blobs.resolve(sha256 + ".runnel.ranges"), notes.replace("SHA", sha256));

        assertThat(pull(NAME)).hasBinaryContent(BYTES);
    }

    @Test
    void aHubThatKnowsNoRangesGivesTheFileInOnePiece() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.knowsRanges = false;

        assertThat(pull(NAME, 4)).hasBinaryContent(BYTES);
    }

    @Test
    void aHostThatIsBusyOrHasForgottenTheAddressIsAskedAgain() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.hubFaults.addAll(List.of(SmallHub.busy(503, 0), SmallHub.busy(429, 0)));
        hub.faults.addAll(List.of(SmallHub.busy(500, 0), SmallHub.error(403, ""), SmallHub.wrongRange()));

        assertThat(pull(NAME, 1)).hasBinaryContent(BYTES);
    }

    @Test
    void aHostThatFallsSilentIsLeft() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.faults.add(SmallHub.silent());
        waits = new Waits(CALM.connect(), Duration.ofMillis(300), CALM.slow(), 100, 5, CALM.pause());

        assertThat(pull(NAME, 1)).hasBinaryContent(BYTES);
        assertThat(heard).anyMatch(line -> line.startsWith("retries nothing came for too long"));
    }

    @Test
    void aHostThatDripsIsLeft() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.faults.add(SmallHub.dripping());
        waits = new Waits(CALM.connect(), CALM.silence(), Duration.ofMillis(200), 100, 5, CALM.pause());

        assertThat(pull(NAME, 1)).hasBinaryContent(BYTES);
        assertThat(heard).anyMatch(line -> line.matches("retries only \\d+ bytes came in 0 s"));
    }

    // What ends it

    @Test
    void otherBytesThanTheHubPromisedAreRemoved() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.faults.add(SmallHub.wrongBytes());

        refused(
                NAME,
                4,
                "m-Q4_K_M.gguf of org/m-GGUF came with the checksum [0-9a-f]{64}, expected " + SmallHub.sha256(BYTES)
                        + "; it was removed");
        assertThat(blobs()).isEmpty();
        assertThat(cache().find(NAME)).isEmpty();
    }

    @Test
    void aFileThatIsShorterThanListedIsRefused() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.faults.add((exchange, _) -> exchange.sendResponseHeaders(416, -1));

        refused(
                NAME,
                1,
                "m-Q4_K_M.gguf of org/m-GGUF has at most 0 bytes where it lies, expected 100000 as the hub lists it");
    }

    @Test
    void aRepositoryThatIsNotThereIsNamed() {
        refused(HubName.parse("no/such").orElseThrow(), 1, "there is no repository no/such at " + hub.endpoint());
    }

    @Test
    void aQuantizationThatIsNotThereIsAnsweredWithThoseThatAre() {
        hub.with("org/m-GGUF", FILE, BYTES).with("org/m-GGUF", "m-Q8_0.gguf", BYTES);

        refused(HubName.parse("org/m-GGUF:Q9_X").orElseThrow(), 1, "org/m-GGUF has no Q9_X; it has Q4_K_M, Q8_0");
    }

    @Test
    void aRepositoryWithoutAModelIsToldFromOne() {
        hub.with("org/m-GGUF", "model.safetensors", BYTES);

        refused(NAME, 1, "org/m-GGUF holds no GGUF file; repositories that do are often named …-GGUF");
    }

    @Test
    void aRevisionThatIsNotThereIsNamed() {
        hub.with("org/m-GGUF", FILE, BYTES);

        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> puller("").pull(NAME, Optional.of("v9"), 1, PullListener.NONE))
                .withMessage("org/m-GGUF has no such revision");
    }

    @Test
    void whatIsGatedAsksForATokenAndThenForAccess() {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.neededToken = "right";

        refused(
                NAME,
                1,
                "org/m-GGUF is gated: ask for access at " + hub.endpoint()
                        + "/org/m-GGUF, then set HF_TOKEN to a token of your account");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> puller("wrong").pull(NAME, Optional.empty(), 1, PullListener.NONE))
                .withMessage("access to org/m-GGUF has to be asked for at " + hub.endpoint()
                        + "/org/m-GGUF first, with the account that HF_TOKEN is of");
    }

    @Test
    void whatIsNotShownToEveryoneSaysWhatMayHelp() {
        hub.hubFaults.add(SmallHub.error(401, ""));

        refused(
                NAME,
                1,
                hub.endpoint()
                        + " shows no repository org/m-GGUF to everyone; if it is private or gated, set HF_TOKEN");
    }

    @Test
    void aHubThatIsDownIsNamedAfterAFewTries() throws IOException {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        Puller puller =
                new Puller(new HuggingFace(URI.create("http://127.0.0.1:" + closed), http("")), cache(), "main", 1000);

        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> puller.pull(NAME, Optional.empty(), 1, PullListener.NONE))
                .withMessageMatching(
                        "the hub at http://127.0.0.1:" + closed + " can't be asked: nobody answers there \\(.+\\)");
    }

    @Test
    void aHubThatIsNoneIsNamed() {
        hub.hubFaults.add((exchange, _) -> {
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("<html".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        });

        refused(NAME, 1, "127.0.0.1 answers with something else than a list of files");
    }

    @Test
    void aHubThatSendsInCirclesIsLeft() {
        for (int i = 0; i < 20; i++) {
            hub.hubFaults.add((exchange, _) -> {
                exchange.getResponseHeaders()
                        .add("Location", exchange.getRequestURI().toString());
                exchange.sendResponseHeaders(302, -1);
            });
        }

        refused(
                NAME,
                1,
                "http://127.0.0.1:\\d+/api/models/org/m-GGUF/revision/main\\?blobs=true redirects more than 8 times");
    }

    @Test
    void moreBytesThanTheDiskHoldsAreNotBegun() {
        hub.hubFaults.add(listing("\"rfilename\":\"m.gguf\",\"lfs\":{\"size\":1152921504606846976,\"sha256\":\""
                + "0".repeat(64) + "\"}"));

        refused(NAME, 1, "m.gguf of org/m-GGUF needs 1099511627776 MiB more, and \\d+ are free at .+blobs");
        assertThat(blobs()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../m.gguf",
                "/m.gguf",
                "a//m.gguf",
                "a/../../m.gguf",
                "a\\\\..\\\\m.gguf",
                "c:m.gguf",
                "./m.gguf"
            })
    void aPathThatLeadsElsewhereIsNoFile(String path) {
        hub.hubFaults.add(listing("\"rfilename\":\"" + path + "\",\"size\":1,\"blobId\":\"aa\""));

        refused(NAME, 1, "org/m-GGUF holds no GGUF file; repositories that do are often named …-GGUF");
    }

    @Test
    void namesOfBytesAndCommitsThatLeadElsewhereAreRefused() {
        hub.hubFaults.add(listing("\"rfilename\":\"m.gguf\",\"size\":1,\"blobId\":\"../../x\""));
        refused(NAME, 1, "the hub calls a file's bytes '../../x', which is no name");

        hub.with("org/m-GGUF", FILE, BYTES);
        hub.commit = "../../../x";
        refused(NAME, 1, "the hub calls a commit '../../../x', which is no name");
    }

    @Test
    void twoProgramsDontFetchTheSameFile() throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES);
        Path lock = home.resolve(".locks/models--org--m-GGUF/" + SmallHub.sha256(BYTES) + ".lock");
        Files.createDirectories(lock.getParent());
        try (FileChannel other = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            other.lock();

            refused(NAME, 1, "m-Q4_K_M.gguf of org/m-GGUF is being fetched by another program");
        }
    }

    @Test
    void aCacheThatCantBeWrittenIsNamed() throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES);
        Files.writeString(home.resolve("models--org--m-GGUF"), "a file in the way");

        refused(NAME, 1, ".*models--org--m-GGUF.* can't be written: .+");
    }

    // What the environment says

    @Test
    void theEnvironmentNamesTheHubTheCacheAndTheToken() throws IOException {
        hub.with("org/m-GGUF", FILE, BYTES);
        hub.neededToken = "from-a-file";
        Files.writeString(home.resolve("token"), "from-a-file\n");
        Map<String, String> environment =
                new HashMap<>(Map.of("HF_ENDPOINT", hub.endpoint() + "/", "HF_HOME", home.toString()));

        Path file = Puller.huggingFace(environment, "test").pull(NAME, Optional.empty(), 1, PullListener.NONE);

        assertThat(file).startsWith(home.resolve("hub/models--org--m-GGUF"));
        environment.putAll(Map.of("HF_TOKEN", "", "HUGGING_FACE_HUB_TOKEN", " "));
        assertThat(Puller.huggingFace(environment, "test").offers(NAME, Optional.empty()))
                .as("variables that are empty name no token")
                .hasSize(1);
        environment.put("HF_TOKEN", "bad\ntoken");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> Puller.huggingFace(environment, "test"))
                .withMessage("HF_TOKEN holds characters that no token has");
        environment.remove("HF_TOKEN");
        Files.writeString(home.resolve("token"), "one\nanother\n");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> Puller.huggingFace(environment, "test"))
                .withMessage(home.resolve("token") + " holds characters that no token has");
        environment.put("HF_ENDPOINT", "hub");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> Puller.huggingFace(environment, "test"))
                .withMessage("HF_ENDPOINT is 'hub', expected an address such as https://huggingface.co");
    }

    @Test
    void theEnvironmentsProxyIsAskedAndHostsWithoutOneAreNot() {
        hub.with("org/m-GGUF", FILE, BYTES);
        Map<String, String> environment = Map.of(
                "HF_ENDPOINT",
                "http://hub.invalid",
                "HF_HUB_CACHE",
                home.toString(),
                "HTTP_PROXY",
                hub.endpoint(), // which answers for whatever host it is asked
                "no_proxy",
                "example.org, localhost");

        Path file = Puller.huggingFace(environment, "test").pull(NAME, Optional.empty(), 1, PullListener.NONE);

        assertThat(file).hasBinaryContent(BYTES);
    }

    @Test
    void proxiesAreReadAsCurlReadsThem() {
        Proxies proxies = new Proxies(Map.of(
                "https_proxy",
                "proxy.example:3128",
                "ALL_PROXY",
                "socks5h://socks.example",
                "NO_PROXY",
                ".inner,host"));

        assertThat(proxies.to(URI.create("https://hub.example/x")).map(Object::toString))
                .hasValueSatisfying(proxy ->
                        assertThat(proxy).startsWith("HTTP @ proxy.example").endsWith(":3128"));
        assertThat(proxies.to(URI.create("http://hub.example/x")).map(Object::toString))
                .hasValueSatisfying(proxy ->
                        assertThat(proxy).startsWith("SOCKS @ socks.example").endsWith(":1080"));
        assertThat(proxies.to(URI.create("https://a.INNER/x"))).isEmpty();
        assertThat(proxies.to(URI.create("https://Host:8080/x"))).isEmpty();
        assertThat(new Proxies(Map.of()).to(URI.create("https://a/"))).isEmpty();
        assertThat(new Proxies(Map.of("no_proxy", "*", "https_proxy", "p")).to(URI.create("https://a/")))
                .isEmpty();
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> new Proxies(Map.of("https_proxy", "ftp://p")).to(URI.create("https://a/")))
                .withMessage("the environment's proxy is 'ftp://p', expected http:// or socks5://, a host and a port");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://user:secret@proxy:3128", "user:secret@proxy:3128", "http://user:se#cret@proxy:3128"})
    void aProxyNamedWithAPasswordIsRefusedAndThePasswordIsNotShown(String proxy) {
        Proxies proxies = new Proxies(Map.of("https_proxy", proxy));

        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> proxies.to(URI.create("https://hub.example/x")))
                .withMessageStartingWith("the environment's proxy is named with a user or a password")
                .withMessageContaining("NO_PROXY")
                .withMessageNotContaining("secret")
                .withMessageNotContaining("cret@");
    }

    @Test
    void aRedirectNeverLeavesEncryption() {
        URI from = URI.create("https://hub.example/a/b");

        assertThat(HubHttp.next(from, "c")).hasToString("https://hub.example/a/c");
        assertThat(HubHttp.next(from, "https://store.example/x?y=z")).hasToString("https://store.example/x?y=z");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> HubHttp.next(from, "http://store.example/x?secret"))
                .withMessage("hub.example redirects to store.example, which is not encrypted");
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> HubHttp.next(from, "::"))
                .withMessage("hub.example redirects to what is no address");
    }

    private Path pull(HubName name) {
        return pull(name, 4);
    }

    private Path pull(HubName name, int connections) {
        return puller("").pull(name, Optional.empty(), connections, new Heard());
    }

    private void refused(HubName name, int connections, String pattern) {
        assertThatExceptionOfType(HubException.class)
                .isThrownBy(() -> pull(name, connections))
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .matches(message -> message.equals(pattern) || message.matches(pattern), "is " + pattern));
    }

    private Puller puller(String token) {
        return new Puller(new HuggingFace(URI.create(hub.endpoint()), http(token)), cache(), "main", 10_000);
    }

    private HubHttp http(String token) {
        return new HubHttp(Optional.of(token).filter(value -> !value.isEmpty()), new Proxies(Map.of()), waits, "test");
    }

    private HubCache cache() {
        return new HubCache(home);
    }

    /// Names of the files beside the blobs, and of the blobs.
    private List<String> blobs() {
        Path blobs = home.resolve("models--org--m-GGUF/blobs");
        if (!Files.isDirectory(blobs)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(blobs)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static SmallHub.Fault listing(String file) {
        return (exchange, _) -> {
            byte[] body = ("{\"sha\":\"abc\",\"siblings\":[{" + file + "}]}")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private final class Heard implements PullListener {
        @Override
        public void begins(String file, long bytes, int number, int count) {
            heard.add("begins " + file + " " + bytes + " " + number + "/" + count);
        }

        @Override
        public void has(long bytes) {
            progress.add(bytes);
        }

        @Override
        public void checks(long bytes) {}

        @Override
        public void retries(String why, Duration pause) {
            heard.add("retries " + why);
        }

        @Override
        public void ends(boolean wasHere) {
            heard.add(wasHere ? "ends here" : "ends fetched");
        }
    }
}
