import { type KubernetesObject, labelsOfPod, podOf } from './kubernetes.js';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  matchLabels?: Labels;
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: object;
}
interface Rule {
  ports?: { port: number; protocol?: string }[];
  from?: Peer[];
  to?: Peer[];
}

const COMPONENT = 'app.kubernetes.io/component';

const matches = ({ matchLabels = {} }: Selector, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value);

/**
 * What the network policies of a rendering let its pods do, as Kubernetes reads them: a pod that a policy selects may do
 * what any of its policies allows and nothing else, and both ends have to allow it.
 */
export class Reachability {
  private readonly policies: KubernetesObject[];
  private readonly pods: Labels[];

  constructor(objects: readonly KubernetesObject[]) {
    this.policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    this.pods = objects.filter((object) => podOf(object)).map((object) => labelsOfPod(object));
  }

  get components(): string[] {
    return [...new Set(this.pods.flatMap((labels) => labels[COMPONENT] ?? []))].toSorted();
  }

  /** Rules and policies that select no pod of the rendering: protection of nothing, or a way to nowhere. */
  idle(): string[] {
    const isNobody = (selector: Selector) => !this.pods.some((labels) => matches(selector, labels));
    return this.policies.flatMap(({ metadata, spec }) => {
      const rules = [...((spec.ingress ?? []) as Rule[]), ...((spec.egress ?? []) as Rule[])];
      const peers = rules.flatMap(({ from = [], to = [] }) => [...from, ...to]).filter(isOurs);
      return [
        ...(isNobody(spec.podSelector) ? [metadata.name] : []),
        ...peers.filter(({ podSelector }) => isNobody(podSelector!)).map(() => `${metadata.name}: a peer`),
      ];
    });
  }

  /** Whether one component may open a connection to another. */
  reaches(from: string, to: string, port: number): boolean {
    const [source, target] = [this.podOf(from), this.podOf(to)];
    return this.allows(source, target, port, 'egress') && this.allows(target, source, port, 'ingress');
  }

  /** The ports on which anybody in the cluster may reach a component, or on which it may go anywhere. */
  open(component: string, direction: 'ingress' | 'egress'): number[] {
    const rules = this.rulesOf(this.podOf(component), direction) ?? [];
    const open = rules.filter((rule) => !peersOf(rule, direction));
    return [...new Set(open.flatMap(({ ports = [{ port: 0 }] }) => ports.map(({ port }) => port)))].toSorted(
      (a, b) => a - b,
    );
  }

  private allows(pod: Labels, other: Labels, port: number, direction: 'ingress' | 'egress'): boolean {
    const rules = this.rulesOf(pod, direction);
    if (!rules) return true;
    return rules.some((rule) => {
      if (rule.ports && !rule.ports.some((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP')) return false;
      const peers = peersOf(rule, direction);
      return !peers || peers.some((peer) => isOurs(peer) && matches(peer.podSelector!, other));
    });
  }

  /** Null where no policy selects the pod in this direction: everything is allowed then. */
  private rulesOf(labels: Labels, direction: 'ingress' | 'egress'): Rule[] | null {
    const type = direction === 'ingress' ? 'Ingress' : 'Egress';
    const mine = this.policies.filter(
      ({ spec }) => matches(spec.podSelector, labels) && spec.policyTypes.includes(type),
    );
    return mine.length === 0 ? null : mine.flatMap(({ spec }) => (spec[direction] ?? []) as Rule[]);
  }

  private podOf(component: string): Labels {
    const found = this.pods.find((labels) => labels[COMPONENT] === component);
    if (!found) throw new Error(`there is no pod of ${component}`);
    return found;
  }
}

const peersOf = (rule: Rule, direction: 'ingress' | 'egress'): Peer[] | undefined =>
  direction === 'ingress' ? rule.from : rule.to;

/** A peer of this release; others are known by selectors of their own. */
const isOurs = ({ podSelector, namespaceSelector }: Peer): boolean =>
  namespaceSelector === undefined && podSelector?.matchLabels?.[COMPONENT] !== undefined;
