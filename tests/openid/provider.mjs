// A real OpenID provider on a loopback port; whoever signs in is the person of that name. Arguments: port, redirect.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "hocba", client_secret: "mat khau/mau:1", redirect_uris: [redirect], grant_types: ["authorization_code"] }],
  cookies: { keys: ["test"] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
