package sluice

// HeaderStatuses makes header statuses mean what they say; see ABI.md, Host features.
const HeaderStatuses = 1

// Enable switches features of the host on for this VM and returns those that are on.
func Enable(features uint32) (uint32, error) {
	answer, err := Call("sluice.host.enable", NewEncoder().U32(features))
	if err != nil {
		return 0, err
	}
	return answer.U32(), answer.Err()
}
