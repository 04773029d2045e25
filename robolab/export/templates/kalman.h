${head}
${states}
typedef struct {
${ring}${filter}} LoadEstimator;

${tail}
