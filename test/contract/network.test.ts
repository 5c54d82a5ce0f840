import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf } from '../../src/edges/net/identity.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import { networkContract, type NetworkWorld } from './network.ts';
import { pairingContract } from './network-pairing.ts';

const openWorld = (): Promise<NetworkWorld> =>
  Promise.resolve({
    host: '127.0.0.1',
    join: () => {
      const identity = identityOf(createCertificate(new Date()));
      return Promise.resolve({ network: new TlsNetwork(identity), device: identity.device });
    },
    until: (promise) => promise,
  });

networkContract('TLS', openWorld);
pairingContract('TLS', openWorld);
