export { exponentialBuckets, linearBuckets } from '../bucket_generators';
