package dev.runnel.relay;

/// The contract of every backend, over our own server and HTTP/2.
class Http2ServerContractTest extends ServerContractTest {

    @Override
    String scheme() {
        return "h2c";
    }
}
