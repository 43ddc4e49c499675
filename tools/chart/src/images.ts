import { allContainers, type KubernetesObject } from './kubernetes.js';

/** The images a cluster has to have, sorted. */
export const imagesOf = (objects: readonly KubernetesObject[]): string[] =>
  [...new Set(allContainers(objects).map(({ image }) => image))].toSorted();
