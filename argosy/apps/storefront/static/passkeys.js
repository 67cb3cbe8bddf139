// Forms that a passkey fills in: what the authenticator answers is sent like anything else that is typed.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const words = (list) => list.split(" ").filter(Boolean);
  const answers = {
    async create({ challenge, rp, handle, user, algorithms, known }) {
      const made = await navigator.credentials.create({ publicKey: {
        challenge: bytes(challenge),
        rp: { id: rp, name: "Argosy" },
        user: { id: bytes(handle), name: user, displayName: user },
        pubKeyCredParams: words(algorithms).map((alg) => ({ type: "public-key", alg: Number(alg) })),
        excludeCredentials: words(known).map((id) => ({ type: "public-key", id: bytes(id) })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      } });
      return { client_data: made.response.clientDataJSON, attestation: made.response.attestationObject };
    },
    async get({ challenge, rp }) {
      const signed = await navigator.credentials.get({
        publicKey: { challenge: bytes(challenge), rpId: rp, userVerification: "required" },
      });
      const { clientDataJSON, authenticatorData, signature } = signed.response;
      return { credential_id: signed.rawId, client_data: clientDataJSON, authenticator_data: authenticatorData, signature };
    },
  };
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await answers[form.dataset.passkey](form.dataset);
        for (const [name, value] of Object.entries(answer)) form.elements[name].value = text(value);
        form.submit();
      } catch {
        form.querySelector("[role=alert]").hidden = false;
      }
    });
  }
})();
